// Two pages and a server that edit the same text end with the same text, whatever is under way.
import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, changeSet, difference, divide, MAX_INSERTED, textOf, TextSync } from "../../../../sequencer/studio/page/text_sync.js";

/** A small generator of random numbers: the same numbers in each run. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

/** The server: applies an edit of its present version, and tells everybody. */
class Server {
  constructor(text) {
    this.text = textOf(text);
    this.version = 1;
    this.pages = [];
  }

  edit(page, { version, changes }) {
    if (version !== this.version) return;
    this.text = changeSet(changes, this.text.length).apply(this.text);
    this.version++;
    for (const one of this.pages) {
      one.inbox.push(one === page ? { version: this.version, changes: [], accepted: true } : { version: this.version, changes });
    }
  }
}

class Page {
  constructor(server) {
    this.sync = new TextSync(server.text.toString(), server.version);
    this.doc = this.sync.confirmed;
    this.inbox = [];
    server.pages.push(this);
  }

  write(changes) {
    const set = changeSet(changes, this.doc.length);
    this.doc = set.apply(this.doc);
    this.sync.local(set);
  }

  receive() {
    const message = this.inbox.shift();
    if (message.accepted) this.sync.accepted();
    else this.doc = this.sync.remote(message.version, changeSet(message.changes, this.sync.confirmed.length)).apply(this.doc);
    assert.equal(this.sync.version, message.version);
  }

  send(server) {
    const edit = this.sync.next();
    if (edit !== null) server.edit(this, edit);
  }
}

test("pages that edit at the same time end with the same text", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = generator(seed);
    const server = new Server("one\ntwo\nthree");
    const pages = [new Page(server), new Page(server), new Page(server)];
    for (let step = 0; step < 60; step++) {
      const page = pages[random(pages.length)];
      const what = random(4);
      if (what < 2) {
        const from = random(page.doc.length + 1);
        const to = Math.min(page.doc.length, from + random(4));
        page.write([{ from, to, text: ["", "x", "ab", "\n", "𝄞"][random(5)] }]);
      } else if (what === 2) {
        page.send(server);
      } else if (page.inbox.length > 0) {
        page.receive();
      }
    }
    for (let round = 0; round < 200; round++) {
      for (const page of pages) {
        while (page.inbox.length > 0) page.receive();
        page.send(server);
      }
    }
    for (const page of pages) {
      assert.ok(page.sync.settled, `seed ${seed}`);
      assert.equal(page.doc.toString(), server.text.toString(), `seed ${seed}`);
      assert.equal(page.sync.confirmed.toString(), server.text.toString());
    }
  }
});

test("an edit is kept over a lost connection", () => {
  const server = new Server("one");
  const page = new Page(server);
  page.write([{ from: 3, to: 3, text: " two" }]);
  page.sync.next();
  page.write([{ from: 0, to: 0, text: "> " }]);
  // the server did not receive it, and somebody else has edited
  server.edit(null, { version: 1, changes: [{ from: 0, to: 0, text: "# " }] });
  page.inbox = [];
  page.doc = page.sync.reconnected(server.text.toString(), server.version).apply(page.doc);
  page.send(server);
  page.receive();
  assert.equal(page.doc.toString(), server.text.toString());
  assert.match(page.doc.toString(), /one two$/);
});

test("an edit that was accepted before the connection was lost is not made twice", () => {
  const server = new Server("one");
  const page = new Page(server);
  page.write([{ from: 3, to: 3, text: " two" }]);
  page.send(server);
  page.inbox = [];
  page.write([{ from: 0, to: 0, text: "> " }]);
  page.doc = page.sync.reconnected(server.text.toString(), server.version).apply(page.doc);
  page.send(server);
  page.receive();
  assert.equal(page.doc.toString(), "> one two");
  assert.equal(server.text.toString(), "> one two");
});

test("a refused edit gives way to the text of the server", () => {
  const page = new Page(new Server("one"));
  page.write([{ from: 0, to: 3, text: "mine" }]);
  page.sync.next();
  page.doc = page.sync.replaced("theirs", 7).apply(page.doc);
  assert.equal(page.doc.toString(), "theirs");
  assert.ok(page.sync.settled);
});

test("the difference of two texts leaves characters whole", () => {
  const pairs = [["", ""], ["a", ""], ["a𝄞b", "a𝄟b"], ["𝄞", "𝄞𝄞"], ["one two", "one 2 two"], ["aXbXc", "aXc"]];
  for (const [before, after] of pairs) {
    const set = difference(textOf(before), textOf(after));
    assert.equal(set.apply(textOf(before)).toString(), after);
    for (const { text } of changesOf(set)) assert.ok(text.isWellFormed());
  }
});

test("a large edit is sent in parts", () => {
  const server = new Server("ab");
  const page = new Page(server);
  const long = "𝄞".repeat(MAX_INSERTED) + "\nend";
  page.write([{ from: 1, to: 1, text: long }, { from: 2, to: 2, text: "!" }]);
  let parts = 0;
  while (!page.sync.settled) {
    const edit = page.sync.next();
    assert.ok(JSON.stringify(edit).length < 1_000_000);
    for (const { text } of edit.changes) assert.ok(text.isWellFormed());
    server.edit(page, edit);
    page.receive();
    parts++;
  }
  assert.ok(parts > 2);
  assert.equal(server.text.toString(), `a${long}b!`);
});

test("many small changes are divided at their number", () => {
  const before = textOf("x".repeat(3000));
  const changes = Array.from({ length: 1500 }, (_, index) => ({ from: 2 * index, to: 2 * index + 1, text: "yy" }));
  const set = changeSet(changes, before.length);
  const [first, rest] = divide(set);
  assert.equal(changesOf(first).length, 1000);
  assert.equal(rest.apply(first.apply(before)).toString(), set.apply(before).toString());
});
