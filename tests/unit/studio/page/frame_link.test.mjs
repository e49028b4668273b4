import assert from "node:assert/strict";
import { test } from "node:test";

import { HEADER_BYTES, countDue, readHeader } from "../../../../sequencer/studio/page/frame_link.js";

/** The bytes of `test_frames.py`'s header. */
const HEADER = "00030000000b0004010203040506070802800180002100" + "01";

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16)).buffer;
}

test("the header of a frame is read as the server writes it", () => {
  assert.equal(bytes(HEADER).byteLength, HEADER_BYTES);
  assert.deepEqual(readHeader(bytes(HEADER)), {
    take: 3,
    chunk: 11,
    frame: 4,
    at: Number(0x0102030405060708n),
    width: 640,
    height: 384,
    frames: 33,
    simulated: true,
  });
});

test("a frame can belong to no chunk, and to a real model", () => {
  const header = readHeader(bytes(`0000ffffffff0000${"00".repeat(16)}`));
  assert.equal(header.chunk, null);
  assert.equal(header.simulated, false);
});

const waiting = (...times) => times.map((at) => ({ header: { at } }));

test("frames wait for their time", () => {
  assert.equal(countDue(waiting(), 0), 0);
  assert.equal(countDue(waiting(40e6), 0), 0);
  assert.equal(countDue(waiting(40e6), 33e6), 1);
  assert.equal(countDue(waiting(40e6, 80e6), 33e6), 1);
});

test("of several that are due the last one is drawn, and all of them are over", () => {
  assert.equal(countDue(waiting(40e6, 80e6, 120e6), 81e6), 2);
});

test("a frame whose time cannot be right is drawn at once", () => {
  assert.equal(countDue(waiting(3600e9), 0), 1);
});
