// From when to when.
import { CalendarRange } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState, type FormEvent } from 'react';
import { formatterOf } from '../../charts/formats';
import { defaultOf, presetsOf } from '../../charts/params';
import type { Dashboard, DashboardParam, ParamValues } from '../../charts/spec';
import { Button } from '../../ui/parts';
import { fromInput, toInput } from './inputs';

interface RangePickerProps {
  dashboard: Dashboard;
  values: ParamValues;
  onValues: (changes: Record<string, string | null>) => void;
}

const shown = (param: DashboardParam, text: string | undefined): string => {
  if (!text) return '…';
  const column = { name: param.name, type: param.type.startsWith('date') ? 'DATE' : 'TIMESTAMP WITH TIME ZONE' };
  return formatterOf(column, [column], undefined).exact(text).replace(/, 00:00$/, '');
};

export function RangePicker({ dashboard, values, onValues }: RangePickerProps) {
  const [open, setOpen] = useState(false);
  const from = dashboard.params.find((param) => param.name === dashboard.range?.from);
  const to = dashboard.params.find((param) => param.name === dashboard.range?.to);
  if (!from || !to) return null;
  const now = { from: values[from.name] ?? defaultOf(from), to: values[to.name] ?? defaultOf(to) };
  const choose = (first: string | null, last: string | null) => {
    setOpen(false);
    onValues({ [from.name]: first, [to.name]: last });
  };
  const text = `${shown(from, now.from)} – ${shown(to, now.to)}`;
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <button type="button" className="input select-button range-button" aria-label={`Time range: ${text}`}>
          <CalendarRange size={14} aria-hidden />
          <span className="ellipsis">{text}</span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu range-list" align="start" sideOffset={4} collisionPadding={8} aria-label="Time range">
          <div className="range-presets">
            <Button look="quiet" onClick={() => choose(null, null)}>
              {defaultOf(from) ? 'All of it' : 'Any time'}
            </Button>
            {presetsOf(dashboard).map((preset) => (
              <Button key={preset.title} look="quiet" onClick={() => choose(preset.from, preset.to)}>
                {preset.title}
              </Button>
            ))}
          </div>
          <OwnRange from={from} to={to} now={now} onChoose={choose} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface OwnRangeProps {
  from: DashboardParam;
  to: DashboardParam;
  now: { from?: string; to?: string };
  onChoose: (from: string | null, to: string | null) => void;
}

function OwnRange({ from, to, now, onChoose }: OwnRangeProps) {
  const [first, setFirst] = useState(toInput(from, now.from));
  const [last, setLast] = useState(toInput(to, now.to));
  const isWrong = first !== '' && last !== '' && first > last;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWrong) onChoose(fromInput(from, first), fromInput(to, last));
  };
  const field = (label: string, param: DashboardParam, value: string, set: (text: string) => void) => (
    <label className="field">
      <span className="label">{label}</span>
      <input className="input" type={param.type.startsWith('date') ? 'date' : 'datetime-local'} value={value} onChange={(event) => set(event.target.value)} />
    </label>
  );
  return (
    <form className="stack" onSubmit={submit}>
      {field('From', from, first, setFirst)}
      {field('To', to, last, setLast)}
      {isWrong && <p className="small bad-text">It ends before it begins.</p>}
      <Button type="submit" look="primary" disabled={isWrong}>
        Show
      </Button>
    </form>
  );
}
