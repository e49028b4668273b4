// @ts-check
/**
 * The connection to the server: one websocket, which is opened again when it is lost.
 *
 * @typedef {import("./protocol.d.ts").ServerMessage} ServerMessage
 * @typedef {"connecting" | "open" | "lost" | "refused"} LinkState
 */

/** The waits between attempts to connect again, in milliseconds; a random part is added. */
const RETRY_MS = [250, 500, 1000, 2000, 4000];
/** How often the offset of the clock is measured, in milliseconds. */
const PING_MS = 2000;
/** How long a connection may be silent before it is given up, in milliseconds. */
const SILENCE_MS = 8000;
/** How many measurements of the clock's offset are kept. The one with the shortest way counts. */
const KEPT = 8;
/** How long an answer may take, in milliseconds. */
const ANSWER_MS = 30_000;

/** An error of a request: what is wrong, and what to do. */
export class RequestError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint = "") {
    super(message);
    this.name = "RequestError";
    this.hint = hint;
  }
}

/**
 * Return the offset of the run's clock with the least uncertainty: of the measurement with the
 * shortest way there and back.
 *
 * @param {readonly {offset: number, way: number}[]} measured Offsets and ways in nanoseconds.
 */
export function bestOffset(measured) {
  let best = measured[0];
  for (const one of measured) {
    if (one.way < best.way) best = one;
  }
  return best.offset;
}

/**
 * Return how long to wait before attempt number `attempt` (from 0), in milliseconds.
 *
 * @param {number} attempt
 * @param {number} random A number from 0 to 1.
 */
export function retryDelay(attempt, random) {
  const base = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
  return base * (1 + random / 2);
}

/** The connection. `key` is never written anywhere except into the first message. */
export class Link {
  /**
   * @param {string} url The address of the websocket.
   * @param {string} key The key of this page.
   */
  constructor(url, key) {
    this.url = url;
    this.key = key;
    /** @type {LinkState} */
    this.state = "connecting";
    /** Why the server refused this page. */
    this.reason = "";
    /** @type {string} The run that the last snapshot belongs to. Commands name it. */
    this.run = "";
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Map<string, Set<(message: any) => void>>} */
    this.listeners = new Map();
    /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: RequestError) => void, timer: number}>} */
    this.waiting = new Map();
    this.id = 0;
    this.attempt = 0;
    this.last_message = 0;
    /** @type {{offset: number, way: number}[]} */
    this.measured = [];
    /** @type {Map<number, number>} When each ping was sent, in nanoseconds of this page. */
    this.pings = new Map();
    this.pinging = 0;
    /** Whether the next measurement replaces all others: another run has another clock. */
    this.isOtherClock = false;
    /** @type {number} */
    this.retry = 0;
  }

  /** Connect, and connect again whenever the connection is lost. */
  open() {
    this.#connect();
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#hurry();
    });
  }

  /** Return the time of the run's clock, in nanoseconds. */
  now() {
    const here = performance.now() * 1e6;
    return this.measured.length === 0 ? here : here + bestOffset(this.measured);
  }

  /**
   * Call `listener` with every message of a kind (`t`); of kind `state`, with each state of the
   * connection. Returns a function that ends it.
   *
   * @param {string} kind
   * @param {(message: any) => void} listener
   */
  on(kind, listener) {
    const known = this.listeners.get(kind) ?? new Set();
    this.listeners.set(kind, known);
    known.add(listener);
    return () => void known.delete(listener);
  }

  /**
   * Send a message. Returns whether it was sent: nothing is kept for later, since a command that
   * arrives late is worse than none.
   *
   * @param {{t: string, [field: string]: unknown}} message
   */
  send(message) {
    if (this.state !== "open" || this.socket?.readyState !== WebSocket.OPEN) return false; // it may be closing
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Send a request, and return its answer. Rejects with RequestError.
   *
   * @param {string} t
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<any>}
   */
  request(t, fields = {}) {
    const id = ++this.id;
    return new Promise((resolve, reject) => {
      if (!this.send({ t, id, ...fields })) {
        reject(new RequestError("The page is not connected.", "Wait until it is connected again."));
        return;
      }
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new RequestError("The server did not answer.", "Look at the terminal of the studio."));
      }, ANSWER_MS);
      this.waiting.set(id, { resolve, reject, timer: /** @type {any} */ (timer) });
    });
  }

  /**
   * Give an operator command, such as `pause` or `note D3`, to the run that this page shows.
   *
   * @param {string} command
   */
  command(command) {
    return this.request("command", { command, run: this.run });
  }

  /**
   * Ask for something about the score, such as completions.
   *
   * @param {string} what
   * @param {Record<string, unknown>} [fields]
   */
  ask(what, fields = {}) {
    return this.request("ask", { what, ...fields });
  }

  #connect() {
    clearTimeout(this.retry);
    this.#enter("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ t: "key", key: this.key }));
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.#receive(event.data);
    });
    socket.addEventListener("close", () => {
      if (socket === this.socket) this.#lost();
    });
  }

  /** Connect now if a wait is in progress: the network or the page has come back. */
  #hurry() {
    if (this.state === "lost") {
      this.attempt = 0;
      this.#connect();
    }
  }

  /** @param {string} data */
  #receive(data) {
    /** @type {ServerMessage} */
    const message = JSON.parse(data);
    this.last_message = performance.now();
    switch (message.t) {
      case "hello":
        this.measured = [];
        this.attempt = 0;
        this.#enter("open");
        this.#ping();
        clearInterval(this.pinging);
        this.pinging = /** @type {any} */ (setInterval(() => this.#ping(), PING_MS));
        break;
      case "pong":
        this.#measure(message.id, message.now);
        return;
      case "answer":
        this.#answer(message);
        return;
      case "snapshot":
        if (message.run !== this.run) {
          this.isOtherClock = true;
          this.#ping();
        }
        this.run = message.run;
        break;
      case "refused":
        this.reason = message.reason;
        this.#enter("refused");
        break;
    }
    this.#tell(message.t, message);
  }

  #lost() {
    clearInterval(this.pinging);
    this.socket = null;
    for (const one of this.waiting.values()) {
      clearTimeout(one.timer);
      one.reject(new RequestError("The connection was lost before the answer came."));
    }
    this.waiting.clear();
    if (this.state === "refused") return;
    this.#enter("lost");
    this.retry = /** @type {any} */ (
      setTimeout(() => this.#connect(), retryDelay(this.attempt++, Math.random()))
    );
  }

  #ping() {
    if (performance.now() - this.last_message > SILENCE_MS) {
      this.socket?.close();
      this.#lost();
      return;
    }
    const id = ++this.id;
    this.pings.set(id, performance.now() * 1e6);
    this.send({ t: "ping", id });
  }

  /**
   * @param {number} id
   * @param {number} now The server's clock, in nanoseconds.
   */
  #measure(id, now) {
    const sent = this.pings.get(id);
    this.pings.clear();
    if (sent === undefined) return;
    const here = performance.now() * 1e6;
    if (this.isOtherClock) this.measured = [];
    this.isOtherClock = false;
    this.measured.push({ offset: now - (sent + here) / 2, way: here - sent });
    if (this.measured.length > KEPT) this.measured.shift();
  }

  /** @param {import("./protocol.d.ts").Answer} message */
  #answer(message) {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    this.waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.ok) {
      waiting.resolve(message.answer);
    } else {
      waiting.reject(new RequestError(message.error?.message ?? "", message.error?.hint ?? ""));
    }
  }

  /** @param {LinkState} state */
  #enter(state) {
    if (state === this.state && state !== "connecting") return;
    this.state = state;
    this.#tell("state", state);
  }

  /**
   * @param {string} kind
   * @param {any} message
   */
  #tell(kind, message) {
    for (const listener of this.listeners.get(kind) ?? []) listener(message);
  }
}
