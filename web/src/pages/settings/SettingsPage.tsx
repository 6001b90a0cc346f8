import { Tabs } from 'radix-ui';
import { useSearchParams } from 'react-router';
import { useSession } from '../../app/session';
import { Empty, PageHead } from '../../ui/parts';
import { DataTab } from './DataTab';
import { FileTab } from './FileTab';
import { KeysTab } from './KeysTab';
import { LimitsTab } from './LimitsTab';
import './settings.css';

export function SettingsPage() {
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  // What a role may not do is not offered; the server refuses it all the same.
  const tabs = [
    { name: 'keys', title: 'Keys', shown: session.may('admin'), content: <KeysTab /> },
    { name: 'file', title: 'Pipeline file', shown: session.may('admin'), content: <FileTab /> },
    { name: 'data', title: 'Data and versions', shown: !session.limited, content: <DataTab /> },
    { name: 'limits', title: 'Limits', shown: !session.limited, content: <LimitsTab /> },
  ].filter(({ shown }) => shown);
  const first = tabs[0]?.name ?? '';
  const asked = search.get('tab') ?? first;
  const tab = tabs.some(({ name }) => name === asked) ? asked : first;
  return (
    <>
      <PageHead title="Settings" text="Who may do what, what this server runs with, and what it keeps." />
      {tabs.length === 0 && (
        <Empty title="Nothing of this is for your key">
          <p>It is limited to parts of the pipeline, and the settings are those of the whole.</p>
        </Empty>
      )}
      {tabs.length > 0 && (
        <Tabs.Root value={tab} onValueChange={(value) => setSearch(value === first ? {} : { tab: value }, { replace: true })} className="stack grow">
          <Tabs.List className="tabs" aria-label="Settings">
            {tabs.map(({ name, title }) => (
              <Tabs.Trigger key={name} value={name}>
                {title}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          {tabs.map(({ name, content }) => (
            <Tabs.Content key={name} value={name} tabIndex={-1}>
              <div className="stack">{content}</div>
            </Tabs.Content>
          ))}
        </Tabs.Root>
      )}
    </>
  );
}
