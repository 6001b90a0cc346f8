// The colours of the page as it is now, for what draws on a canvas.
export interface Palette {
  text: string;
  muted: string;
  line: string;
  grid: string;
  surface: string;
  raised: string;
  series: string[];
  heat: string[]; // from little to much
  none: string; // where there is nothing
  font: string;
}

const SERIES = 8;
const HEAT = 6;

export function paletteNow(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const many = (name: string, count: number) => Array.from({ length: count }, (_, i) => colour(`--${name}-${i + 1}`));
  return {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line-strong'),
    grid: colour('--line'),
    surface: colour('--surface'),
    raised: colour('--raised'),
    series: many('chart', SERIES),
    heat: many('heat', HEAT),
    none: colour('--chart-none'),
    font: colour('--font'),
  };
}
