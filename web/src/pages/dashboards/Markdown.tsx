// A text of a dashboard. It becomes elements, never HTML.
import { Fragment, useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { parseMarkdown, type Block, type Inline } from '../../charts/markdown';

function inline(parts: Inline[], framed: boolean): ReactNode {
  return parts.map((part, at) => {
    switch (part.kind) {
      case 'text':
        return <Fragment key={at}>{part.text}</Fragment>;
      case 'code':
        return <code key={at}>{part.text}</code>;
      case 'strong':
        return <strong key={at}>{inline(part.children, framed)}</strong>;
      case 'em':
        return <em key={at}>{inline(part.children, framed)}</em>;
      case 'link':
        return part.href.startsWith('/') && !framed ? (
          <Link key={at} to={part.href}>
            {inline(part.children, framed)}
          </Link>
        ) : (
          <a key={at} href={part.href} target={part.href.startsWith('#') ? undefined : '_blank'} rel="noreferrer">
            {inline(part.children, framed)}
          </a>
        );
    }
  });
}

function block(part: Block, key: number, framed: boolean): ReactNode {
  switch (part.kind) {
    case 'heading':
      // The page has a heading of its own: those of texts are below it.
      return part.level < 3 ? <h2 key={key}>{inline(part.children, framed)}</h2> : <h3 key={key}>{inline(part.children, framed)}</h3>;
    case 'paragraph':
      return <p key={key}>{inline(part.children, framed)}</p>;
    case 'list': {
      const items = part.items.map((item, at) => <li key={at}>{inline(item, framed)}</li>);
      return part.ordered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case 'code':
      return (
        <pre key={key} className="code">
          {part.text}
        </pre>
      );
    case 'quote':
      return <blockquote key={key}>{part.children.map((one, at) => block(one, at, framed))}</blockquote>;
    case 'rule':
      return <hr key={key} />;
  }
}

/** `framed`: within the page of somebody else, where every link opens a window of its own. */
export function Markdown({ text, framed = false }: { text: string; framed?: boolean }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="markdown">{blocks.map((one, at) => block(one, at, framed))}</div>;
}
