// Which file of the console a module goes into: one for what every page needs, one for each large thing that some of them need, one for what else several
// of them share. A file for every icon that two pages share, as bundlers make them by themselves, had a first visit ask for fifty, six at a time.

const START = '/src/main.tsx';
const DASHBOARD = '/src/pages/dashboards/DashboardPage.tsx';
const LARGE = { charts: '/src/ui/Plot.tsx', editor: '/src/ui/Editor.tsx' };

/** The module itself and all that need it from the start, however far away. */
function needing(id, infoOf, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const other of infoOf(id)?.importers ?? []) needing(other, infoOf, found);
  return found;
}

/** A group of modules for the bundler. What a group needs goes with it unless an earlier one has it. */
const group = (name, priority, isOfIt) => ({
  name: (id, context) => {
    const infoOf = (one) => context.getModuleInfo(one);
    return isOfIt([...needing(id, infoOf)], infoOf) ? name : null;
  },
  debugName: name,
  priority,
});

const neededBy = (path) => (all) => all.some((id) => id.endsWith(path));
/** Pages, and parts of them, are opened by themselves. What a dashboard consists of is shared with its embedded tiles alone. */
const isShared = (all, infoOf) => all.filter((id) => infoOf(id)?.dynamicImporters.length).length > 1 && !all[0].includes('/src/pages/dashboards/');

export const chunks = [
  group('console', 4, neededBy(START)),
  ...Object.entries(LARGE).map(([name, path]) => group(name, 3, neededBy(path))),
  group('shared', 2, isShared),
  group('dashboards', 1, neededBy(DASHBOARD)),
];

// It must be the first line, which the bundler takes for itself in files that load others later.
const READ_WHOLE = ['charts', 'shared'];

/**
 * What stands above a file. Most of these are called as soon as they are there: Chromium compiles them whole, beside the page, where it would compile one
 * function after the other when it is called, in the page's own time ("explicit compile hints"). Others read it as a comment.
 */
export const bannerOf = ({ name }) => (READ_WHOLE.includes(name) ? '//# allFunctionsCalledOnLoad' : '');
