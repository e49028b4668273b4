// Prepares a page that `sequencer` wrote for a view of the editor.

/** What a page is shown with. */
export interface View {
  /** A word that nobody can guess: only the script that carries it may run. */
  readonly nonce: string;
  /** Whether the editor has a dark theme. */
  readonly dark: boolean;
  /** The address of the folder from which the page may play its video or sound, and the source that this is for the policy. */
  readonly media?: { readonly base: string; readonly source: string };
  /** A sentence to show above the page: why it is older than the text. */
  readonly problem?: string;
}

const POLICY = /<meta http-equiv="Content-Security-Policy"[^>]*>\n?/g;
const DARK = /@media\s*\(prefers-color-scheme:\s*dark\)/g;

/** Keeps the zoom and what is scrolled to when the page is drawn again; a timeline that fits its view goes on fitting. */
const KEEP = `{
  const api = acquireVsCodeApi(), strip = document.getElementById("scroll"), zoom = document.getElementById("zoom");
  const saved = api.getState();
  let isZoomed = saved?.zoom !== undefined;
  if (isZoomed) { zoom.value = saved.zoom; zoom.dispatchEvent(new Event("input")); }
  if (saved) { strip?.scrollTo(saved.left, 0); scrollTo(0, saved.top); }
  const keep = () =>
    api.setState({ zoom: isZoomed ? zoom.value : undefined, left: strip?.scrollLeft ?? 0, top: scrollY });
  zoom?.addEventListener("input", () => { isZoomed = true; keep(); });
  strip?.addEventListener("wheel", (event) => { isZoomed ||= event.ctrlKey; keep(); });
  document.addEventListener("dblclick", () => { isZoomed ||= zoom !== null; keep(); });
  document.getElementById("fit")?.addEventListener("click", () => { isZoomed = false; keep(); });
  addEventListener("scroll", keep, true);
}`;

/**
 * Returns the page with a policy of the editor: nothing is loaded, and only its own script runs, with one that keeps what is in view.
 *
 * Texts of the score are escaped in the page, so that every `<script>` in it is its own; a page with more than one is refused.
 */
export function preparePage(page: string, view: View): string {
  const scripts = page.match(/<script/g)?.length ?? 0;
  const heads = page.match(/<head>/g)?.length ?? 0;
  if (scripts > 1 || heads !== 1) {
    throw new Error("The page is not one that this version of the extension can show.");
  }
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${view.nonce}'`,
    "style-src 'unsafe-inline'", // the page places its blocks with style attributes, which cannot carry a nonce
    "img-src data:",
    ...(view.media === undefined ? ["base-uri 'none'"] : [`media-src ${view.media.source}`, `base-uri ${view.media.source}`]),
    "form-action 'none'",
  ].join("; ");
  const base = view.media === undefined ? "" : `<base href="${escapeHtml(view.media.base)}">`;
  const problem =
    view.problem === undefined
      ? ""
      : `<p role="status" style="margin:0;padding:6px 12px;white-space:pre-wrap;background:var(--vscode-inputValidation-warningBackground);` +
        `color:var(--vscode-foreground);border-bottom:1px solid var(--vscode-inputValidation-warningBorder)">${escapeHtml(view.problem)}</p>`;
  return page
    .replace(POLICY, "")
    .replace("<head>", () => `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}">${base}`)
    .replace("<script>", () => `<script nonce="${view.nonce}">`)
    .replace(DARK, view.dark ? "@media all" : "@media not all")
    .replace("</style>", () => `:root{color-scheme:${view.dark ? "dark" : "light"}}</style>`)
    .replace(/<body[^>]*>/, (body) => body + problem)
    .replace("</body>", () => `<script nonce="${view.nonce}">${KEEP}</script>\n</body>`);
}

/** Returns a page for a text where there is no page to show. */
export function textPage(text: string): string {
  return (
    '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" ' +
    "content=\"default-src 'none'; style-src 'unsafe-inline'\"></head>\n" +
    `<body style="padding:12px;white-space:pre-wrap;font-family:var(--vscode-editor-font-family)">${escapeHtml(text)}</body>\n</html>\n`
  );
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
