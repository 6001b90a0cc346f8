// ECharts with the parts that are used; that for maps comes with the shapes of countries. Tips are drawn on the canvas: as HTML they would bring styles of their own, which the page's policy forbids.
import { BarChart, HeatmapChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent, VisualMapContinuousComponent } from 'echarts/components';
import { init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, type Ref } from 'react';

use([LineChart, BarChart, ScatterChart, PieChart, HeatmapChart, GridComponent, TooltipComponent, LegendComponent, VisualMapContinuousComponent, CanvasRenderer]);

export interface PlotHandle {
  /** Twice as fine as on the screen. */
  picture: (background: string) => HTMLCanvasElement;
  zoom: (factor: number) => void;
}

/** The element that holds a chart; whoever examines the page finds here what is drawn. */
export interface PlotHost extends HTMLDivElement {
  drawn?: () => unknown;
}

interface PlotProps {
  /** Null: not known yet, because it hangs on the width. */
  option: EChartsCoreOption | null;
  /** Of one shape are options that differ in their data alone: these are changed in place, without a flicker. */
  shape: string;
  label: string;
  onMark?: (series: number, item: number) => void;
  /** About how wide it is: told before anything is drawn, and again when that changes much. */
  onWidth?: (pixels: number) => void;
  handle?: Ref<PlotHandle>;
}

const WIDTH_STEP_PX = 40;
const PICTURE_SCALE = 2;

const widthOf = (element: HTMLElement): number => Math.max(1, Math.round(element.clientWidth / WIDTH_STEP_PX)) * WIDTH_STEP_PX;

export function Plot({ option, shape, label, onMark, onWidth, handle }: PlotProps) {
  const host = useRef<PlotHost>(null);
  const chart = useRef<ECharts>(undefined);
  const shown = useRef('');
  const listeners = useRef({ onMark, onWidth });
  listeners.current = { onMark, onWidth };
  // A chart is drawn once, for the width that it has, and not a second time for another one than was supposed.
  useLayoutEffect(() => listeners.current.onWidth?.(widthOf(host.current!)), []);
  const isKnown = option !== null;
  useEffect(() => {
    if (!isKnown) return;
    const element = host.current!;
    const made = init(element, undefined, { renderer: 'canvas' });
    chart.current = made;
    shown.current = '';
    element.drawn = () => made.getOption().series;
    made.on('click', ({ componentType, seriesIndex, dataIndex }) => {
      if (componentType === 'series' && seriesIndex !== undefined && dataIndex !== undefined) listeners.current.onMark?.(seriesIndex, dataIndex);
    });
    const watch = new ResizeObserver(() => {
      // It tells of the size at first, too.
      if (element.clientWidth === made.getWidth() && element.clientHeight === made.getHeight()) return;
      made.resize();
      listeners.current.onWidth?.(widthOf(element));
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.dispose();
    };
  }, [isKnown]);
  useEffect(() => {
    if (option === null) return;
    chart.current?.setOption(option, { notMerge: shown.current !== shape });
    shown.current = shape;
  }, [option, shape]);
  useImperativeHandle(
    handle,
    () => ({
      picture: (background) => chart.current!.renderToCanvas({ pixelRatio: PICTURE_SCALE, backgroundColor: background }),
      zoom: (factor) => {
        const element = host.current!;
        chart.current?.dispatchAction({ type: 'geoRoam', componentType: 'series', seriesIndex: 0, zoom: factor, originX: element.clientWidth / 2, originY: element.clientHeight / 2 });
      },
    }),
    [],
  );
  return <div ref={host} className="plot" role="img" aria-label={label} />;
}
