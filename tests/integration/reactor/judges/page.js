// A small page on Reactor's own JavaScript SDK: connects to the address behind # (in production mode, if "production" and a model
// stand behind it), shows what comes, and tells what it saw. The test steers it.
import { Reactor } from "@reactor-team/js-sdk";

const tell = (what, data) => {
  document.getElementById("said").textContent += `${what} ${JSON.stringify(data ?? null).slice(0, 100)}\n`;
  return fetch("/report", { method: "POST", body: JSON.stringify({ what, data: data ?? null }) });
};

const [apiUrl, mode = "local", modelName = "helios"] = decodeURIComponent(location.hash.slice(1)).split(" ");
const local = mode === "local";
const reactor = new Reactor({ modelName, apiUrl, local });
const video = document.getElementById("picture");
reactor.on("statusChanged", (status) => tell("status", status));
reactor.on("message", (message) => tell("message", message));
reactor.on("error", (error) => tell("error", String(error && error.message)));
reactor.on("capabilitiesReceived", (capabilities) => tell("capabilities", capabilities));
reactor.on("trackReceived", (name, track) => {
  video.srcObject = new MediaStream([track]);
  tell("track", name);
});
video.requestVideoFrameCallback(function count(now, facts) {
  window.frames_seen = (window.frames_seen ?? 0) + 1;
  if (window.frames_seen % 12 === 0) tell("frames", { count: window.frames_seen, width: facts.width, height: facts.height });
  video.requestVideoFrameCallback(count);
});

async function token() {
  // As an application's own server would mint it; here the page does, for it is all one machine.
  const scope = { type: "session", resources: { models: { match: ["reactor/helios"] } } };
  const answer = await fetch(`${apiUrl}/tokens`, {
    method: "POST",
    headers: { "Reactor-API-Key": "rk_browser", "Content-Type": "application/json" },
    body: JSON.stringify({ authorization_details: [scope] }),
  });
  return (await answer.json()).jwt;
}

window.steer = (command, data) => reactor.sendCommand(command, data);
window.condition = async (prompt) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  canvas.getContext("2d").fillRect(8, 8, 20, 20);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const image = await reactor.uploadFile(new File([blob], "shape.png", { type: "image/png" }));
  await reactor.sendCommand("set_conditioning", { prompt, image });
};
window.drop = () => reactor.disconnect(true);
window.again = () => reactor.reconnect();
window.leave = () => reactor.disconnect();
if (apiUrl) {
  const jwt = local ? Promise.resolve() : token();
  jwt.then((one) => reactor.connect(one)).then(() => tell("connected"), (error) => tell("failed", String(error)));
}
