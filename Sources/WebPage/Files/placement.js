// Places the work of stages in time. A stage reports how long it waited, handled frames and computed for each step,
// one after the other; when that was is estimated here: as late as the next stage's work and the result's arrival allow.

/** Steps that are aligned together; a stage's own clock need not be exact for longer. */
const windowLength = 64;

/**
 * @param steps as in `/cluster`, oldest first: `number`, `sent`, `completed`, and of each stage `[wait, transfer, compute]` in
 *   microseconds
 * @param starts when plans began to serve, in seconds: no stage's time goes on from one to the next
 * @returns for each step, in order, `{ step, bars: [{ start, end, transfer }] }` by stage, in seconds
 */
export function place(steps, starts = []) {
  return runs(steps, starts).flatMap(placeRun);
}

/** Consecutive steps of one plan, in windows. */
function runs(steps, starts) {
  const found = [];
  for (const step of steps) {
    const run = found.at(-1);
    const last = run?.at(-1);
    const continues = last && run.length < windowLength && step.number === last.number + 1
      && step.stages.length === last.stages.length && !starts.some((start) => last.sent < start && step.sent >= start);
    if (continues) run.push(step); else found.push([step]);
  }
  return found;
}

function placeRun(steps) {
  const placed = steps.map((step) => ({ step, bars: [] }));
  let limits = steps.map((step) => step.completed);
  for (let stage = (steps[0].stages.length - 1); stage >= 0; stage -= 1) {
    let elapsed = 0;
    const ends = steps.map((step) => elapsed += step.stages[stage].reduce((sum, part) => sum + part, 0) * 1e-6);
    const offset = Math.min(...ends.map((end, index) => limits[index] - end));
    placed.forEach(({ step, bars }, index) => {
      const [, transfer, compute] = step.stages[stage];
      const end = ends[index] + offset;
      bars[stage] = { start: end - compute * 1e-6, end, transfer: transfer * 1e-6 };
    });
    limits = placed.map(({ bars }) => bars[stage].start - bars[stage].transfer);
  }
  return placed;
}

/** The share of the time between two moments in which each stage computed. */
export function busyShares(placed, from, to) {
  const busy = [];
  for (const { bars } of placed) {
    bars.forEach((bar, stage) => {
      const overlap = Math.min(bar.end, to) - Math.max(bar.start, from);
      busy[stage] = (busy[stage] ?? 0) + Math.max(0, overlap);
    });
  }
  return busy.map((time) => Math.min(1, time / Math.max(1e-6, to - from)));
}
