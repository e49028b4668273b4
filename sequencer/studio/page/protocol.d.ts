// Written by tests/support/protocol_types.py from sequencer/studio/protocol.py.

export interface Hello {
  t: "hello";
  protocol: number;
  process: string;
  role: "operator" | "remote" | "viewer";
  now: number;
}

export interface ScoreState {
  file: string;
  title: string;
  notation: "text" | "yaml";
  text?: string;
  version: number;
  revision: number;
  dirty: boolean;
  changed_on_disk: boolean;
}

export interface ShownPrompt {
  chunk: number;
  text: string;
  source: string;
}

export interface Playback {
  status: string;
  since_at: number;
  phase: string;
  take: number;
  seed: number | null;
  chunk: number;
  chunks: number | null;
  at_most: boolean;
  frames: number;
  section: string;
  position: string;
  paused: boolean;
  boundary_at: number | null;
  chunk_ns: number;
  frame_rate: number | null;
  prompts: ShownPrompt[];
  refused: string;
  upload: string;
  lag_ms: number | null;
  offset_ms: number;
  billed_s: number;
  cost: number | null;
  stage: string;
  real_time: boolean;
  folder: string;
}

export interface ClockState {
  kind: string;
  source: string;
  quality: "internal" | "searching" | "locked" | "free" | "stopped" | "lost";
  bpm: number | null;
  deviation_ms: number | null;
  count_in: string;
  lost_since_at: number | null;
  section: string;
  beats_per_bar: number | null;
  bar: number | null;
  beat: number | null;
  beat_at: number | null;
  beat_ns: number | null;
}

export interface ClockLoss {
  times: number;
  seconds: number;
}

export interface GoTarget {
  section: string;
  bar: number | null;
  chunk: number;
  deadline_at: number | null;
  error_ms?: number | null;
}

export interface GoState {
  state: "ready" | "accepted" | "not-listening" | "none";
  name: string;
  target: GoTarget | null;
  then: GoTarget | null;
  shown_at: number | null;
  listens_at: number | null;
  listens_in: string;
}

export interface NextState {
  line: number;
  place: string;
  what: string;
  chunk: number | null;
  error_ms: number | null;
  shown_at: number | null;
  sent_at: number | null;
  status: string;
  at_latest: boolean;
}

export interface Line {
  n: number;
  revision: number;
  line: number;
  section: string;
  occurrence: number;
  tint: number;
  place: string;
  what: string;
  kinds: string[];
  stages?: string[];
  fired: string;
  fired_chunk: number | null;
  time_s: number | null;
  planned: number | null;
  earliest: number | null;
  latest: number | null;
  chunk: number | null;
  landed: number | null;
  status: "open" | "planned" | "sent" | "landed" | "late" | "skipped" | "refused" | "lost" | "replaced";
  reason: string;
  error_ms: number | null;
  lead: number | null;
  changed: boolean;
}

export interface Pad {
  id: string;
  label: string;
  trigger: string;
  command: string;
  after: string;
  kind: "go" | "note" | "program" | "cc" | "osc" | "transport";
  sections: string[];
  leaves: boolean;
  listening: boolean;
  thresholds: number[];
  value: number | null;
  fired: number;
  last_at: number | null;
  last_chunk: number | null;
  line: number;
}

export interface Revision {
  number: number;
  state: "offered" | "uploading" | "taken" | "playing" | "refused" | "replaced";
  chunk: number | null;
  section: string;
  place: string;
  reason: string;
  changes: string[];
  deadline_at: number | null;
  undoable: boolean;
}

export interface Alert {
  id: string;
  level: "warning" | "error";
  title: string;
  text: string;
  actions: AlertAction[];
}

export interface AlertAction {
  label: string;
  command?: string;
  line?: number;
}

export interface Note {
  at: number;
  text: string;
}

export interface Snapshot {
  t: "snapshot";
  seq: number;
  run: string;
  mode: "edit" | "rehearse" | "show" | "report";
  locked: boolean;
  score: ScoreState;
  playback: Playback | null;
  clock: ClockState | null;
  go: GoState;
  next: NextState | null;
  lines: Line[];
  pads: Pad[];
  revisions: Revision[];
  alerts: Alert[];
  notes: Note[];
  report: Record<string, any> | null;
  stages: string[];
  stage: string;
}

export interface Patch {
  t: "patch";
  seq: number;
  at: number;
  score?: ScoreState;
  playback?: Playback | null;
  clock?: ClockState | null;
  go?: GoState;
  next?: NextState | null;
  lines?: Line[];
  gone?: number[];
  pads?: Pad[];
  revisions?: Revision[];
  alerts?: Alert[];
  notes?: Note[];
  locked?: boolean;
}

export interface PlotMessage {
  t: "plot";
  revision: number;
  live: boolean;
  plot: Record<string, any>;
}

export interface Checked {
  t: "checked";
  version: number;
  diagnostics: (Record<string, any>)[];
  hints: (Record<string, any>)[];
  symbols: (Record<string, any>)[];
  summary: Record<string, any>;
  ms: number;
}

export interface CheckFailed {
  t: "check_failed";
  version: number;
  error: ErrorInfo;
}

export interface ErrorInfo {
  message: string;
  hint: string;
}

export interface Answer {
  t: "answer";
  id: number;
  ok: boolean;
  answer?: any;
  error?: ErrorInfo;
}

export interface PageLink {
  page: "operator" | "remote" | "viewer" | "output";
  url: string;
  qr: string[];
}

export interface PageLinks {
  links: PageLink[];
  note: string;
}

export interface ScoreCard {
  file: string;
  title: string;
  text: string;
  kind: "file" | "empty";
  blocks?: number[][];
  wrong?: boolean;
}

export interface ScoreCards {
  scores: ScoreCard[];
}

export interface CardImage {
  image: string;
  alt: string;
}

export interface ImageChoices {
  images: string[];
}

export interface Learned {
  trigger: string;
  line: number;
}

export interface Pong {
  t: "pong";
  id: number;
  now: number;
}

export interface TextChanged {
  t: "text";
  version: number;
  changes: TextChange[];
  accepted?: boolean;
  text?: string;
  error?: ErrorInfo;
}

export interface TextChange {
  from: number;
  to: number;
  text: string;
}

export interface Refused {
  t: "refused";
  reason: string;
}

export type ServerMessage = Hello | Snapshot | Patch | PlotMessage | Checked | CheckFailed | Answer | Pong | TextChanged | Refused;
