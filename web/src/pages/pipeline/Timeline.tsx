// Numbers of a part over the last half hour, as the server kept them.
import { useState, type PointerEvent } from 'react';
import { time } from '../../lib/format';
import type { Sample } from '../../lib/rates';

const WIDTH = 300;
const HEIGHT = 64;
const ABOVE = 6;

interface TimelineProps {
  title: string;
  samples: readonly Sample[];
  text: (value: number) => string;
  tone?: 'accent' | 'bad' | 'warn';
  /** A state, which holds until the next one. */
  isState?: boolean;
}

export function Timeline({ title, samples, text, tone = 'accent', isState = false }: TimelineProps) {
  const [pointed, setPointed] = useState<Sample | null>(null);
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || samples.length < 2) {
    return (
      <figure className="timeline">
        <figcaption className="label">{title}</figcaption>
        <p className="faint small">The first numbers come within ten seconds of the start.</p>
      </figure>
    );
  }
  const most = Math.max(...samples.map((sample) => sample.total));
  const x = (sample: Sample): number => ((sample.at - first.at) / (last.at - first.at)) * WIDTH;
  const y = (sample: Sample): number => HEIGHT - (most > 0 ? sample.total / most : 0) * (HEIGHT - ABOVE);
  const corners = samples.flatMap((sample, i) => (isState && i > 0 ? [[x(sample), y(samples[i - 1]!)], [x(sample), y(sample)]] : [[x(sample), y(sample)]]));
  const line = corners.map(([left, top]) => `${left!.toFixed(1)},${top!.toFixed(1)}`).join(' L');
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = first.at + ((event.clientX - box.left) / box.width) * (last.at - first.at);
    setPointed(samples.reduce((best, sample) => (Math.abs(sample.at - at) < Math.abs(best.at - at) ? sample : best), first));
  };
  const said = pointed ? `${text(pointed.total)} at ${time(new Date(pointed.at))}` : `${text(last.total)} now${isState ? '' : `, ${text(most)} at most`}`;
  return (
    <figure className={`timeline ${tone}`}>
      <figcaption>
        <span className="label">{title}</span>
        <span className="small number">{said}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${said}`} onPointerMove={point} onPointerLeave={() => setPointed(null)}>
        <path className="area" d={`M0,${HEIGHT} L${line} L${WIDTH},${HEIGHT} Z`} />
        <path d={`M${line}`} />
        {pointed && <line x1={x(pointed)} x2={x(pointed)} y1={0} y2={HEIGHT} />}
      </svg>
      <div className="timeline-ends faint number">
        <span>{time(new Date(first.at))}</span>
        <span>{time(new Date(last.at))}</span>
      </div>
    </figure>
  );
}
