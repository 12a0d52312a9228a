// Numbers as people read them.

const whole = new Intl.NumberFormat("en");

export const count = (value) => whole.format(Math.round(value));

/** One digit after the point below 100. */
export function rate(value) {
  if (!Number.isFinite(value)) return "–";
  return value >= 100 ? whole.format(Math.round(value)) : value.toFixed(1);
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export const percent = (share) => `${Math.round(100 * Math.min(1, Math.max(0, share)))} %`;

export function seconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 100) return `${Math.round(value)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
}

/** How long ago, in as few words as will do. */
export function ago(value) {
  return value < 1 ? "just now" : value < 60 ? `${Math.floor(value)} s ago` : `${seconds(value)} ago`;
}

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
