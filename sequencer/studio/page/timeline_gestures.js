// @ts-check
/**
 * Scrolling with one pointer and zooming with two.
 *
 * @typedef {{x: number, y: number}} Point
 */

/** The least distance between two fingers that zooms, in pixels. */
const LEAST = 12;

/** What pointers that are down have done since the last time. */
export class TouchScroll {
  constructor() {
    this.middle = 0;
    this.apart = 0;
  }

  /**
   * Begin, or go on with other pointers than before.
   *
   * @param {readonly Point[]} points
   */
  start(points) {
    const { middle, apart } = measure(points);
    this.middle = middle;
    this.apart = apart;
  }

  /**
   * Return by how many pixels to scroll, and by which factor to zoom around which x.
   *
   * @param {readonly Point[]} points
   * @returns {{by: number, factor: number, x: number}}
   */
  move(points) {
    const { middle, apart } = measure(points);
    const by = middle - this.middle;
    const factor = this.apart >= LEAST && apart >= LEAST ? apart / this.apart : 1;
    this.middle = middle;
    this.apart = apart;
    return { by, factor, x: middle };
  }
}

/** @param {readonly Point[]} points */
function measure(points) {
  if (points.length === 0) return { middle: 0, apart: 0 };
  const middle = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const apart = points.length < 2 ? 0 : Math.abs(points[0].x - points[1].x);
  return { middle, apart };
}
