// The query as a part of the pipeline file: YAML to paste.
import { useState } from 'react';
import { apiYaml, tileYaml, viewYaml, type Query } from '../../lib/saveAs';
import { CopyButton } from '../../ui/parts';

export function SaveAs({ query }: { query: Query }) {
  const [name, setName] = useState('my_query');
  const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  const forms = [
    { title: 'A view: a name for the query', yaml: viewYaml(name, query) },
    { title: `An API: GET /api/${name}`, yaml: apiYaml(name, query) },
    { title: 'A dashboard with this as its first tile', yaml: tileYaml(name, query) },
  ];
  return (
    <div className="body stack save-as">
      <div className="field">
        <label htmlFor="save-name">Name</label>
        <input id="save-name" className="input inline mono" value={name} onChange={(event) => setName(event.target.value)} aria-invalid={!isName} />
        {!isName && <span className="small bad-text">Letters, digits and _; it does not begin with a digit.</span>}
      </div>
      {forms.map(({ title, yaml }) => (
        <div key={title}>
          <div className="row between">
            <p className="label">{title}</p>
            {yaml && <CopyButton text={yaml} />}
          </div>
          {yaml ? (
            <pre className="code" tabIndex={0} aria-label={title}>
              {yaml}
            </pre>
          ) : (
            <p className="muted small">A view has no parameters: an API and a dashboard have.</p>
          )}
        </div>
      ))}
      <p className="muted small">Paste it into the pipeline file, and start the pipeline again. The settings check an edited copy of the file beforehand.</p>
    </div>
  );
}
