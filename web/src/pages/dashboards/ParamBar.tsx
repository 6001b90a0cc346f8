// The controls that all tiles share.
import { RotateCcw, X } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { readable } from '../../charts/formats';
import { defaultOf, noneOf } from '../../charts/params';
import type { Dashboard, DashboardParam, ParamValues } from '../../charts/spec';
import { textOf } from '../../lib/cells';
import { Button } from '../../ui/parts';
import { useChoices } from './api';
import { fromInput, toInput } from './inputs';
import { RangePicker } from './RangePicker';
import { SearchSelect, type Option } from './SearchSelect';

interface ParamBarProps {
  dashboard: Dashboard;
  values: ParamValues;
  onValues: (changes: Record<string, string | null>) => void;
}

export const ParamBar = memo(function ParamBar({ dashboard, values, onValues }: ParamBarProps) {
  const inRange = dashboard.range ? [dashboard.range.from, dashboard.range.to] : [];
  const others = dashboard.params.filter((param) => !inRange.includes(param.name));
  // Marks that were clicked: what they set is told apart, because no control was touched.
  const set = new Set(dashboard.tiles.flatMap((tile) => Object.keys(tile.sets)));
  const chips = dashboard.params.filter((param) => set.has(param.name) && values[param.name] !== undefined);
  if (dashboard.params.length === 0) return null;
  return (
    <div className="params" role="group" aria-label="Filters">
      {dashboard.range && <RangePicker dashboard={dashboard} values={values} onValues={onValues} />}
      {others.map((param) => (
        <div key={param.name} className="param">
          <Control dashboard={dashboard} param={param} value={values[param.name]} onChange={(text) => onValues({ [param.name]: text })} />
        </div>
      ))}
      {chips.map((param) => (
        <button key={param.name} type="button" className="chip filter-chip" aria-label={`Remove ${readable(param.name)}: ${values[param.name] || 'All'}`} onClick={() => onValues({ [param.name]: null })}>
          <span className="muted">{readable(param.name)}</span> <span className="ellipsis">{values[param.name] || 'All'}</span>
          <X size={13} aria-hidden />
        </button>
      ))}
      {Object.keys(values).length > 0 && (
        <Button look="quiet" icon={RotateCcw} onClick={() => onValues(Object.fromEntries(dashboard.params.map((param) => [param.name, null])))}>
          Reset
        </Button>
      )}
    </div>
  );
});

interface ControlProps {
  dashboard: Dashboard;
  param: DashboardParam;
  value: string | undefined;
  onChange: (text: string | null) => void;
}

function Control(props: ControlProps) {
  const { dashboard, param, value, onChange } = props;
  if (dashboard.choices.includes(param.name)) return <ChoiceControl {...props} />;
  const label = readable(param.name);
  if (param.type.startsWith('bool')) {
    const options: Option[] = [...(param.nullable ? [{ value: noneOf(param), label: 'All' }] : []), { value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }];
    return (
      <>
        <span className="param-label">{label}</span>
        <SearchSelect label={label} options={options} value={value ?? defaultOf(param) ?? null} none="All" onChoose={onChange} />
      </>
    );
  }
  return <TextControl key={value === undefined ? 'as by default' : `= ${value}`} {...props} />;
}

function ChoiceControl({ dashboard, param, value, onChange }: ControlProps) {
  const label = readable(param.name);
  const { data, error } = useChoices(dashboard.name, param.name);
  const chosen = data?.choices.filter((choice) => choice.value !== null).map((choice): Option => ({ value: textOf(choice.value), label: choice.label ?? textOf(choice.value) })) ?? [];
  const options: Option[] = param.nullable ? [{ value: noneOf(param), label: 'All' }, ...chosen] : chosen;
  return (
    <>
      <span className="param-label">{label}</span>
      <SearchSelect label={label} options={options} value={value ?? defaultOf(param) ?? null} none={param.nullable ? 'All' : 'Choose ...'} onChoose={onChange} />
      {error && (
        <span className="small bad-text" role="alert">
          {error.message}
        </span>
      )}
    </>
  );
}

const INPUT_TYPES: [RegExp, string][] = [
  [/^date/, 'date'],
  [/^timestamp/, 'datetime-local'],
  [/^(?:int|decimal|double|float)/, 'number'],
];
const WAIT_MS = 600;

/** Asked for when the reader rests, leaves the field or presses Enter. */
function TextControl({ param, value, onChange }: ControlProps) {
  const label = readable(param.name);
  const kept = toInput(param, value ?? defaultOf(param));
  const [text, setText] = useState(kept);
  const commit = () => text !== kept && onChange(fromInput(param, text));
  useEffect(() => {
    if (text === kept) return;
    const timer = setTimeout(commit, WAIT_MS);
    return () => clearTimeout(timer);
  });
  const type = INPUT_TYPES.find(([pattern]) => pattern.test(param.type))?.[1] ?? 'text';
  return (
    <label className="row tight">
      <span className="param-label">{label}</span>
      <input
        className={`input inline ${type}`}
        type={type}
        step={type === 'number' && !param.type.startsWith('int') ? 'any' : undefined}
        min={param.min ?? undefined}
        max={param.max ?? undefined}
        placeholder={param.nullable ? 'All' : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </label>
  );
}
