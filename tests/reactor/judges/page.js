// A small page on Reactor's own JavaScript SDK: connects to the address behind #, plays two prompts, and tells what it saw.
import { Reactor } from "@reactor-team/js-sdk";

const tell = (what, data) => {
  document.getElementById("said").textContent += `${what} ${JSON.stringify(data ?? null).slice(0, 100)}\n`;
  return fetch("/told", { method: "POST", body: JSON.stringify({ what, data: data ?? null }) });
};

const reactor = new Reactor({ modelName: "helios", apiUrl: decodeURIComponent(location.hash.slice(1)), local: true });
const video = document.getElementById("picture");
reactor.on("statusChanged", (status) => tell("status", status));
reactor.on("message", (message) => tell("message", message));
reactor.on("error", (error) => tell("error", String(error && error.message)));
reactor.on("trackReceived", (name, track) => {
  video.srcObject = new MediaStream([track]);
  tell("track", name);
});
video.requestVideoFrameCallback(function count(now, facts) {
  window.frames_seen = (window.frames_seen ?? 0) + 1;
  if (window.frames_seen % 12 === 0) tell("frames", { count: window.frames_seen, width: facts.width, height: facts.height });
  video.requestVideoFrameCallback(count);
});
window.steer = (command, data) => reactor.sendCommand(command, data);
window.leave = () => reactor.disconnect();
reactor.connect().then(() => tell("connected"), (error) => tell("failed", String(error)));
