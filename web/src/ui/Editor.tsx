// An editor for SQL or YAML. It lives in a shadow tree, where its styles need no exception from the page's policy.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { sql, type SQLNamespace, StandardSQL } from '@codemirror/lang-sql';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, StateEffect, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder as hint } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';
import { Told } from '../lib/told';

const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '0.8125rem', height: '100%', minHeight: 'inherit', maxHeight: 'inherit' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overflow: 'auto', flexGrow: '1' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--faint)', border: 'none', paddingRight: '4px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--hover) 60%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'color-mix(in srgb, var(--accent) 26%, transparent)' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', border: '1px solid var(--line-strong)', borderRadius: '6px', boxShadow: 'var(--shadow-2)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-fault': { textDecoration: 'underline wavy var(--bad) 1px', textUnderlineOffset: '3px', backgroundColor: 'color-mix(in srgb, var(--bad) 7%, transparent)' },
  '.cm-warning': { textDecoration: 'underline wavy var(--warn) 1px', textUnderlineOffset: '3px' },
  '.cm-fault-line': { boxShadow: 'inset 2px 0 var(--bad)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: 'none' },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ok)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
  { tag: [tags.comment], color: 'var(--faint)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
]);

/** A place to be marked: from there to the end of the word, or to `end`. Lines and columns from 1. */
export interface Mark {
  line: number;
  column: number;
  end?: number; // column, in the same line
  severity: 'error' | 'warning';
}

const setMarks = StateEffect.define<readonly Mark[]>();

/** Columns count characters, which the editor counts as UTF-16 units. */
function unitsOf(line: string, column: number): number {
  let units = 0;
  for (const letter of line) {
    if (--column < 1) break;
    units += letter.length;
  }
  return units;
}

function decorationsOf(doc: Text, marks: readonly Mark[]): DecorationSet {
  const ranges = marks.flatMap(({ line: number, column, end, severity }) => {
    if (number < 1 || number > doc.lines) return [];
    const line = doc.line(number);
    const from = Math.min(unitsOf(line.text, column), line.length);
    const word = /^(?:[\w.$-]+|.)/u.exec(line.text.slice(from))?.[0].length ?? 0;
    const to = Math.min(end === undefined ? from + word : unitsOf(line.text, end), line.length);
    const places = severity === 'error' ? [Decoration.line({ class: 'cm-fault-line' }).range(line.from)] : [];
    if (to > from) places.push(Decoration.mark({ class: severity === 'error' ? 'cm-fault' : 'cm-warning' }).range(line.from + from, line.from + to));
    return places;
  });
  return Decoration.set(ranges, true);
}

const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, transaction) {
    let now = set.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) now = decorationsOf(transaction.state.doc, effect.value);
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Text typed over a selection. Left to the browser it would bring the look of what it replaces in a `style` of its own, which the page's policy refuses. */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    const text = event.data;
    if (event.inputType !== 'insertText' || text === null || view.composing || view.state.readOnly || main.empty) return false;
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
    event.preventDefault();
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, text, insert))) view.dispatch(insert());
    return true;
  },
});

export interface EditorHandle {
  /** Puts the caret there, and shows it. */
  goTo: (line: number, column: number) => void;
}

const NO_MARKS: readonly Mark[] = [];

export interface EditorProps {
  value: string;
  onChange?: (text: string) => void;
  onRun?: (text: string) => void; // Ctrl-Enter, with the text at that moment: `onChange` may not have been drawn yet
  language?: 'sql' | 'yaml';
  schema?: SQLNamespace;
  label: string;
  placeholder?: string;
  readOnly?: boolean;
  marks?: readonly Mark[];
  ref?: Ref<EditorHandle>;
  className?: string;
}

const languageOf = (language: 'sql' | 'yaml', schema?: SQLNamespace) =>
  language === 'yaml' ? yaml() : sql({ dialect: StandardSQL, schema, upperCaseKeywords: true });

export function Editor({ value, onChange, onRun, language = 'sql', schema, label, placeholder = '', readOnly = false, marks = NO_MARKS, ref, className = '' }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const parts = useRef({ language: new Compartment() });
  // The editor is made once and calls what was given last.
  const calls = useRef({ onChange, onRun });
  calls.current = { onChange, onRun };
  const told = useRef(new Told());
  useEffect(() => {
    const element = host.current!;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          typedOver,
          highlightActiveLine(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          hint(placeholder),
          EditorView.lineWrapping,
          EditorState.readOnly.of(readOnly),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          keymap.of([
            {
              key: 'Mod-Enter',
              run: ({ state }) => {
                calls.current.onRun?.(state.doc.toString());
                return true;
              },
            },
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...historyKeymap,
            ...completionKeymap,
            // Tab takes what is offered, and else goes on to what is behind the editor: the keyboard is never caught. Ctrl-] and Ctrl-[ indent.
            { key: 'Tab', run: acceptCompletion },
          ]),
          parts.current.language.of(languageOf(language, schema)),
          marked,
          look,
          syntaxHighlighting(colours),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            const text = update.state.doc.toString();
            told.current.tell(text);
            calls.current.onChange?.(text);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, readOnly, placeholder]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.language.reconfigure(languageOf(language, schema)) });
  }, [language, schema]);
  useEffect(() => {
    const shown = view.current;
    if (told.current.isEcho(value)) return;
    if (shown && shown.state.doc.toString() !== value) shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => view.current?.dispatch({ effects: setMarks.of(marks) }), [marks]);
  useImperativeHandle(ref, () => ({
    goTo(line, column) {
      const shown = view.current;
      if (!shown) return;
      const at = shown.state.doc.line(Math.min(Math.max(line, 1), shown.state.doc.lines));
      const anchor = at.from + Math.min(unitsOf(at.text, column), at.length);
      shown.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      shown.focus();
    },
  }));
  return <div ref={host} className={`editor ${className}`} data-testid="editor" />;
}
