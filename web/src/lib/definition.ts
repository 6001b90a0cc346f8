// The lines of a pipeline file that define one part of it.

const indentOf = (line: string): number => line.length - line.trimStart().length;
const isComment = (line: string): boolean => line.trimStart().startsWith('#');

/** From the line (from 1) where its key stands to where the next key of that depth does, with the comment above it, moved to the margin. */
export function definitionAt(file: string, line: number): { text: string; first: number } | null {
  const lines = file.split('\n');
  const key = lines[line - 1];
  if (key === undefined || !key.trim()) return null;
  const indent = indentOf(key);
  let first = line - 1;
  while (first > 0 && isComment(lines[first - 1]!) && indentOf(lines[first - 1]!) === indent) first -= 1;
  let end = line;
  while (end < lines.length && (!lines[end]!.trim() || indentOf(lines[end]!) > indent)) end += 1;
  while (!lines[end - 1]!.trim()) end -= 1;
  const text = lines.slice(first, end).map((one) => one.slice(Math.min(indent, indentOf(one))));
  return { text: text.join('\n'), first: first + 1 };
}
