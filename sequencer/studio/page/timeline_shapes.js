// @ts-check
/**
 * The marks of cues: each outcome has its own shape, so that none rests on colour alone.
 *
 * @typedef {import("./timeline_colours.js").Palette} Palette
 * @typedef {import("./protocol.d.ts").Line["status"]} Status
 */

/** What each status is called next to its mark; landed needs no words. */
export const STATUS_WORDS = Object.freeze({
  open: "open",
  planned: "planned",
  sent: "sent",
  landed: "",
  late: "landed late",
  skipped: "skipped",
  refused: "refused",
  lost: "lost",
  replaced: "replaced",
});

/**
 * Draw the mark of a status.
 *
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx
 * @param {Status} status
 * @param {number} x The middle.
 * @param {number} y
 * @param {Palette} palette
 */
export function drawStatus(ctx, status, x, y, palette) {
  ctx.save();
  ctx.translate(x, y);
  ctx.lineWidth = 1.8;
  switch (status) {
    case "landed":
      disc(ctx, 5.6, palette.good);
      break;
    case "late":
      ring(ctx, 5.2, palette.late);
      ctx.beginPath();
      ctx.arc(0, 0, 5.2, -Math.PI / 2, Math.PI / 2);
      ctx.fillStyle = palette.late;
      ctx.fill();
      break;
    case "sent":
      ring(ctx, 5.2, palette.ink);
      disc(ctx, 2.2, palette.ink);
      break;
    case "open":
      ctx.setLineDash([2.7, 2.5]);
      ring(ctx, 5.2, palette.soft);
      break;
    case "skipped":
      ring(ctx, 5.2, palette.soft);
      stroke(ctx, [-4, 4, 4, -4], palette.soft);
      break;
    case "lost":
      ctx.lineWidth = 2.5;
      ctx.lineCap = "round";
      stroke(ctx, [-4, -4, 4, 4], palette.bad);
      stroke(ctx, [4, -4, -4, 4], palette.bad);
      break;
    case "refused":
      octagon(ctx, 6.6, palette.bad);
      ctx.lineWidth = 2;
      stroke(ctx, [-3, 0, 3, 0], palette.panel);
      break;
    case "replaced":
      stroke(ctx, [-5, 0, 4.4, 0], palette.live);
      stroke(ctx, [1, -3.6, 4.8, 0, 1, 3.6], palette.live);
      break;
    default:
      ring(ctx, 5.2, palette.ink);
  }
  ctx.restore();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx
 * @param {number} radius
 * @param {string} colour
 */
function disc(ctx, radius, colour) {
  ctx.beginPath();
  ctx.arc(0, 0, radius, 0, 2 * Math.PI);
  ctx.fillStyle = colour;
  ctx.fill();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx
 * @param {number} radius
 * @param {string} colour
 */
function ring(ctx, radius, colour) {
  ctx.beginPath();
  ctx.arc(0, 0, radius, 0, 2 * Math.PI);
  ctx.strokeStyle = colour;
  ctx.stroke();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx
 * @param {number} radius
 * @param {string} colour
 */
function octagon(ctx, radius, colour) {
  ctx.beginPath();
  for (let corner = 0; corner < 8; corner += 1) {
    const angle = (corner + 0.5) * (Math.PI / 4);
    ctx.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  ctx.closePath();
  ctx.fillStyle = colour;
  ctx.fill();
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} ctx
 * @param {readonly number[]} points x and y in turn.
 * @param {string} colour
 */
function stroke(ctx, points, colour) {
  ctx.beginPath();
  for (let index = 0; index < points.length; index += 2) ctx.lineTo(points[index], points[index + 1]);
  ctx.strokeStyle = colour;
  ctx.stroke();
}
