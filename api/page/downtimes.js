// Past downtimes as a picture: one bar an upgrade, the oldest first, as long as nobody was served.

import { seconds, svg } from "./dom.js";

const [WIDTH, HEIGHT, MOST] = [900, 110, 30];

export function downtimes(upgrades) {
  const measured = upgrades.filter((each) => each.downtime_ms !== null).slice(0, MOST).toReversed();
  if (!measured.length) return null;
  const longest = Math.max(1, ...measured.map((each) => each.downtime_ms));
  const wide = Math.min(60, WIDTH / measured.length);
  const bars = measured.flatMap((each, at) => {
    const high = Math.max(2, (each.downtime_ms / longest) * (HEIGHT - 40));
    const kind = each.status === "succeeded" ? "ran" : "failed";
    const title = svg("title", {}, `${each.to_version ?? each.target}, ${each.status.replaceAll("_", " ")}: ${seconds(each.downtime_ms)}`);
    return [
      svg("rect", { class: kind, x: at * wide, y: HEIGHT - 18 - high, width: wide - 6, height: high, rx: 2 }, title),
      svg("text", { x: at * wide, y: HEIGHT - 24 - high }, seconds(each.downtime_ms)),
      svg("text", { x: at * wide, y: HEIGHT - 4 }, each.to_version ?? each.target),
    ];
  });
  const label = `Downtime of ${measured.length} upgrades; the longest was ${seconds(longest)}`;
  return svg("svg", { class: "picture downtimes", viewBox: `0 -6 ${WIDTH} ${HEIGHT + 8}`, role: "img", "aria-label": label }, ...bars);
}
