// ECharts with the parts that are used, in the colours of the page. Tips are drawn on the canvas: as HTML they would bring styles of their own.
import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { DatasetComponent, DataZoomInsideComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTheme } from '../app/theme';

use([LineChart, BarChart, ScatterChart, PieChart, GridComponent, TooltipComponent, LegendComponent, DatasetComponent, DataZoomInsideComponent, CanvasRenderer]);

/** The colours of the page as it is now. */
export interface Palette {
  text: string;
  muted: string;
  line: string;
  surface: string;
  series: string[];
  font: string;
}

function paletteNow(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line'),
    surface: colour('--raised'),
    series: [1, 2, 3, 4, 5, 6].map((number) => colour(`--chart-${number}`)),
    font: colour('--font'),
  };
}

const common = (palette: Palette): EChartsCoreOption => ({
  animation: false,
  color: palette.series,
  textStyle: { fontFamily: palette.font, color: palette.text },
  tooltip: {
    renderMode: 'richText',
    trigger: 'axis',
    confine: true,
    backgroundColor: palette.surface,
    borderColor: palette.line,
    textStyle: { color: palette.text, fontSize: 12 },
  },
  legend: { type: 'scroll', top: 0, textStyle: { color: palette.muted }, pageTextStyle: { color: palette.muted } },
  grid: { left: 8, right: 16, top: 34, bottom: 8, containLabel: true },
});

export const axisOf = (palette: Palette, more: object = {}): object => ({
  axisLine: { lineStyle: { color: palette.line } },
  axisTick: { show: false },
  axisLabel: { color: palette.muted, hideOverlap: true },
  splitLine: { lineStyle: { color: palette.line } },
  ...more,
});

export function Chart({ option, label, height = 320 }: { option: (palette: Palette) => EChartsCoreOption; label: string; height?: number }) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const theme = useTheme();
  useEffect(() => {
    const made = init(host.current!, undefined, { renderer: 'canvas' });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(host.current!);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const palette = paletteNow();
    chart.current?.setOption({ ...common(palette), ...option(palette) }, { notMerge: true });
  }, [option, theme]);
  return <div ref={host} role="img" aria-label={label} style={{ height }} />;
}
