// The files of a page, asked for together with those that every page needs, and not only when these have been read: a small script at the top of the
// console looks which page it is. Its own policy leaves no room for one within the page, so it is a file.
import { createHash } from 'node:crypto';

/** Pages that need more than a little, by how their address begins; the rest of it has no slash where there is none here. */
const PAGES = [
  ['^/console/dashboards/[^/]+$', 'src/pages/dashboards/DashboardPage.tsx'],
  ['^/console/embed/', 'src/pages/dashboards/EmbedPage.tsx'],
  ['^/console/sql$', 'src/pages/sql/SqlPage.tsx'],
];
const FIRST_SCRIPT = '<script type="module"';
const TAG_DIGITS = 8;

/** What is loaded with a chunk, from the start. */
function filesWith(chunk, bundle, found = new Set()) {
  if (!chunk || found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  for (const name of chunk.imports) filesWith(bundle[name], bundle, found);
  for (const name of chunk.viteMetadata?.importedCss ?? []) found.add(name);
  return found;
}

/** Written for a browser: it runs as soon as it is there. */
function script(pages) {
  return `const path=location.pathname;for(const[page,files]of ${JSON.stringify(pages)})if(new RegExp(page).test(path))for(const file of files){const link=document.createElement('link');link.crossOrigin='';if(file.endsWith('.css')){link.rel='preload';link.as='style'}else link.rel='modulepreload';link.href=file;document.head.append(link)}\n`;
}

export function ahead() {
  return {
    name: 'tailrace-ahead',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['index.html'];
      const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
      const files = PAGES.map(([address, module]) => {
        const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(module));
        if (!chunk) this.error(`${module} is no page of the console`);
        // What stands in the page itself needs no help.
        return [address, [...filesWith(chunk, bundle)].map((name) => `/${name}`).filter((name) => !page.source.includes(name))];
      });
      const source = script(files);
      const fileName = `assets/ahead-${createHash('sha256').update(source).digest('hex').slice(0, TAG_DIGITS)}.js`;
      this.emitFile({ type: 'asset', fileName, source });
      const html = page.source.replace(FIRST_SCRIPT, `<script type="module" async crossorigin src="/${fileName}"></script>\n    ${FIRST_SCRIPT}`);
      if (html === page.source) this.error('the page has no script');
      page.source = html;
    },
  };
}
