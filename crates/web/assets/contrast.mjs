// The colours that meet on the pages, in both themes, against WCAG 2.1: 4.5 for text (1.4.3), 3 for what else one must see
// to know a control or a state (1.4.11).
const TEXT = 4.5;
const SHAPE = 3;

const SURFACES = ["--page", "--surface", "--raised", "--tint"];
const STATES = ["good", "warn", "bad", "info", "plain"];

/** What stands on what, and how far apart they have to be. */
const PAIRS = [
  ...["--text", "--muted", "--link", "--link-hover"].flatMap((colour) => SURFACES.map((surface) => [colour, surface, TEXT])),
  ...["--text", "--muted", "--link"].map((colour) => [colour, "--chosen", TEXT]),
  ...STATES.flatMap((state) => [
    ...["--page", "--surface", "--tint", "--chosen", `--${state}-tint`].map((surface) => [`--${state}`, surface, TEXT]),
    ["--text", `--${state}-tint`, TEXT],
    ["--link", `--${state}-tint`, TEXT],
  ]),
  ["--on-primary", "--primary", TEXT],
  ["--on-primary", "--primary-hover", TEXT],
  ["--on-danger", "--danger", TEXT],
  ["--on-bar", "--bar", TEXT],
  ["--on-bar", "--bar-tint", TEXT],
  ["--on-foot", "--foot", TEXT],
  ...["--page", "--surface", "--raised"].flatMap((surface) => [
    ["--control", surface, SHAPE],
    ["--primary", surface, SHAPE],
    ["--danger", surface, SHAPE],
    ["--focus", surface, SHAPE],
  ]),
  ["--on-bar", "--bar", SHAPE],
];

function channels(colour = "") {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
    return [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16));
  }
  const hsl = /^hsl\(([\d.]+)(?:deg)?,\s*([\d.]+)%,\s*([\d.]+)%\)$/.exec(colour);
  if (!hsl) {
    return colour === "white" ? [255, 255, 255] : undefined;
  }
  const [hue, saturation, light] = [Number(hsl[1]), Number(hsl[2]) / 100, Number(hsl[3]) / 100];
  const span = saturation * Math.min(light, 1 - light);
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    return 255 * (light - span * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** The custom properties that the rules of one selector set in the compiled style sheet. */
function properties(css, selector) {
  const bodies = css.split(`${selector}{`).slice(1).map((rest) => rest.slice(0, rest.indexOf("}")));
  const set = bodies.flatMap((body) => [...body.matchAll(/(--[\w-]+):([^;]+)/g)]);
  return new Map(set.map((match) => [match[1], match[2].trim()]));
}

export function contrastFaults(css) {
  const light = properties(css, ":root");
  const dark = new Map([...light, ...properties(css, ":root[data-bs-theme=dark]")]);
  return [["light", light], ["dark", dark]].flatMap(([theme, colours]) =>
    PAIRS.flatMap(([front, back, least]) => {
      const [one, other] = [front, back].map((name) => channels(colours.get(name)));
      if (!one || !other) {
        return [`The ${theme} theme gives ${one ? back : front} no colour that this script can read.`];
      }
      const found = contrast(one, other);
      return found < least ? [`${theme}: ${front} on ${back} is ${found.toFixed(2)}:1, and has to be ${least}.`] : [];
    }),
  );
}
