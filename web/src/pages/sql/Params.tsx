// Values of the parameters that a query names.
import { typeOf } from '../../lib/saveAs';

export function Params({ names, values, onChange, onRun }: { names: string[]; values: Record<string, string>; onChange: (name: string, text: string) => void; onRun: () => void }) {
  if (names.length === 0) return null;
  return (
    <div className="toolbar params" role="group" aria-label="Parameters">
      {names.map((name) => (
        <label key={name} className="row tight small">
          <span className="mono muted">${name}</span>
          <input
            className="input inline"
            value={values[name] ?? ''}
            placeholder="null"
            onChange={(event) => onChange(name, event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && onRun()}
          />
          <span className="faint">{values[name]?.trim() ? typeOf(values[name]) : ''}</span>
        </label>
      ))}
    </div>
  );
}
