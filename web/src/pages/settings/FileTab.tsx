// The pipeline file as the server read it. A copy can be edited here, and is checked while it is; saving stays with the file.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CircleCheck, Download, EyeOff, FileWarning, OctagonAlert, RotateCcw, TriangleAlert } from 'lucide-react';
import { useRef, useState } from 'react';
import { get, postText } from '../../api/client';
import type { FileFault, PipelineFile } from '../../api/types';
import { plural } from '../../lib/format';
import { save } from '../../lib/save';
import { usePaused } from '../../lib/usePaused';
import { Editor, type EditorHandle } from '../../ui/Editor';
import { Badge, Button, Card, CopyButton, Failure, Loading, Notice } from '../../ui/parts';

// So long nothing is typed before it is checked.
const PAUSE_MS = 350;

export function FileTab() {
  const file = useQuery({ queryKey: ['pipeline-file'], queryFn: ({ signal }) => get('/pipeline', { signal }), staleTime: Infinity });
  if (file.error) return <Failure error={file.error} what="The file cannot be shown" />;
  return file.data ? <Copy file={file.data} /> : <Loading rows={12} />;
}

function Copy({ file }: { file: PipelineFile }) {
  const [text, setText] = useState(file.text);
  const asked = usePaused(text, PAUSE_MS);
  const editor = useRef<EditorHandle>(null);
  const check = useQuery({
    queryKey: ['pipeline-check', asked],
    queryFn: ({ signal }) => postText('/pipeline/check', asked, 'application/yaml', { signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const isEdited = text !== file.text;
  const isChecking = text !== asked || check.isFetching;
  const faults = check.data?.faults ?? [];
  const name = file.path.split('/').at(-1) || 'pipeline.yaml';
  return (
    <>
      {file.changed && (
        <Notice tone="warn" icon={FileWarning} title="The file on disk reads otherwise by now">
          This is what the server runs. It reads the file again when it is started anew.
        </Notice>
      )}
      {file.hidden > 0 && (
        <Notice tone="warn" icon={EyeOff} title={`${plural(file.hidden, 'secret')} that the file holds ${file.hidden === 1 ? 'is' : 'are'} shown as …`}>
          Write them as <code>{'${NAME}'}</code> or <code>{'${file:path}'}</code>, and none is in the file. A copy from here lacks them.
        </Notice>
      )}
      <Card
        title={
          <span className="row tight">
            <span className="mono">{file.path}</span>
            {isEdited && <Badge tone="accent">edited copy</Badge>}
          </span>
        }
        actions={
          <>
            {isEdited && (
              <Button look="quiet" icon={RotateCcw} onClick={() => setText(file.text)}>
                As it runs
              </Button>
            )}
            <CopyButton text={text} />
            <Button icon={Download} onClick={() => save(name, new Blob([text], { type: 'application/yaml' }))}>
              Download
            </Button>
          </>
        }
        flush
      >
        <Editor className="file-editor" label="Pipeline file" language="yaml" value={text} onChange={setText} marks={faults} ref={editor} />
        <div className="check" role="status" aria-busy={isChecking}>
          {check.error ? (
            <Failure error={check.error} what="It could not be checked" />
          ) : (
            <Outcome faults={faults} isKnown={check.data !== undefined} isChecking={isChecking} onGo={(fault) => editor.current?.goTo(fault.line, fault.column)} />
          )}
        </div>
      </Card>
      <p className="muted small">
        Try a change here: nothing is kept of it. It takes effect in the file, once the server is started again. What <code>{'${...}'}</code> stands for is not looked up here; <code>tailrace check</code> does it.
      </p>
    </>
  );
}

function Outcome({ faults, isKnown, isChecking, onGo }: { faults: FileFault[]; isKnown: boolean; isChecking: boolean; onGo: (fault: FileFault) => void }) {
  const mistakes = faults.filter(({ severity }) => severity === 'error').length;
  const warnings = faults.length - mistakes;
  const Icon = mistakes > 0 ? OctagonAlert : warnings > 0 ? TriangleAlert : CircleCheck;
  const tone = mistakes > 0 ? 'bad-text' : warnings > 0 ? 'warn-text' : 'ok-text';
  const words = [mistakes > 0 && plural(mistakes, 'mistake'), warnings > 0 && plural(warnings, 'warning')].filter(Boolean).join(', ') || 'No mistakes';
  return (
    <>
      {isKnown && (
        <p className={`row tight ${tone}`} data-testid="check" data-checking={isChecking || undefined}>
          <Icon size={16} aria-hidden />
          <strong>{words}</strong>
        </p>
      )}
      {faults.length > 0 && (
        <ul className="faults">
          {faults.map((fault, i) => (
            <li key={i}>
              <button type="button" className="fault" onClick={() => onGo(fault)}>
                <span className={`number mono ${fault.severity === 'error' ? 'bad-text' : 'warn-text'}`}>
                  {fault.line}:{fault.column}
                </span>
                <span>{fault.message}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
