import assert from "node:assert/strict";
import { test } from "node:test";

import { Link } from "../../../../sequencer/studio/page/link.js";

/** A socket that a test opens and feeds. */
class FakeSocket extends EventTarget {
  constructor() {
    super();
    this.sent = [];
    FakeSocket.last = this;
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.dispatchEvent(new Event("close"));
  }
  receive(message) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
  }
  /** Answer the last ping with a clock that is `ahead` of this page's, in nanoseconds. */
  pong(ahead) {
    const { id } = this.sent.findLast((one) => one.t === "ping");
    this.receive({ t: "pong", id, now: performance.now() * 1e6 + ahead });
  }
}

function connect() {
  globalThis.WebSocket = FakeSocket;
  globalThis.addEventListener = () => {};
  globalThis.document = new EventTarget();
  const link = new Link("ws://127.0.0.1/ws", "key");
  link.open();
  const socket = FakeSocket.last;
  socket.dispatchEvent(new Event("open"));
  socket.receive({ t: "hello", protocol: 1, process: "p", role: "operator", now: 0 });
  return { link, socket, end: () => clearInterval(link.pinging) };
}
const ahead = (link) => (link.now() - performance.now() * 1e6) / 1e9;
const isNear = (value, expected) => assert.ok(Math.abs(value - expected) < 0.05, `${value} is not ${expected}`);

test("the clock of another run is measured anew, at once", () => {
  const { link, socket, end } = connect();
  socket.pong(5e9);
  isNear(ahead(link), 5);
  socket.receive({ t: "snapshot", run: "a" });
  isNear(ahead(link), 5);
  socket.pong(9000e9);
  isNear(ahead(link), 9000);
  socket.receive({ t: "snapshot", run: "a" });
  assert.equal(link.measured.length, 1);
  end();
});

test("a command without a connection is refused, and not sent later", async () => {
  const { link, socket, end } = connect();
  end();
  link.retry = 0;
  socket.close();
  clearTimeout(link.retry);
  await assert.rejects(link.command("go out"), /not connected/);
  assert.deepEqual(socket.sent.filter((one) => one.t === "command"), []);
});
