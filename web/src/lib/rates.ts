// Totals that were seen one after the other, and how fast they grow.

export interface Sample {
  at: number; // ms
  total: number;
}

const KEPT_MAX = 150;
const RATE_OVER_MS = 5_000;

/** Remembers the latest samples of each name. */
export class History {
  private readonly samples = new Map<string, Sample[]>();

  push(name: string, sample: Sample): void {
    const known = this.samples.get(name) ?? [];
    const last = known.at(-1);
    if (last && sample.at <= last.at) return;
    // After a restart on other data the past says nothing.
    if (last && sample.total < last.total) known.length = 0;
    known.push(sample);
    if (known.length > KEPT_MAX) known.shift();
    this.samples.set(name, known);
  }

  of(name: string): readonly Sample[] {
    return this.samples.get(name) ?? [];
  }

  /** A second, over the last five; 0 while there is one sample only. */
  rate(name: string): number {
    const known = this.of(name);
    const last = known.at(-1);
    if (!last) return 0;
    const first = known.find((sample) => last.at - sample.at <= RATE_OVER_MS)!;
    const elapsed = last.at - first.at;
    return elapsed > 0 ? ((last.total - first.total) * 1000) / elapsed : 0;
  }

  /** What it grew by a second, between each two samples. */
  rates(name: string): Sample[] {
    const known = this.of(name);
    return known.slice(1).map((sample, i) => {
      const before = known[i]!;
      return { at: sample.at, total: ((sample.total - before.total) * 1000) / (sample.at - before.at) };
    });
  }
}

/** What a total grew by a second, between each two rows of `[time in ms, ...]`; after a restart on other data from nought. */
export function growthOf(rows: readonly (readonly number[])[], column: number): Sample[] {
  return rows.slice(1).map((row, i) => {
    const before = rows[i]!;
    const elapsed = row[0]! - before[0]!;
    return { at: row[0]!, total: elapsed > 0 ? (Math.max(0, row[column]! - before[column]!) * 1000) / elapsed : 0 };
  });
}
