import { describe, expect, it } from 'vitest';
import { textOf } from '../lib/cells';
import { param, tileOf } from './fixtures';
import { chosen, missingFor, noneOf, presetsOf, sqlWith, valuesFor, valuesOf, withValues } from './params';
import type { Dashboard } from './spec';

const params = [param('country', 'string', { nullable: true }), param('since', 'date', { default: '2010-12-01' }), param('until', 'date', { default: '2011-12-31' }), param('customer', 'int', { required: true })];
const dashboard = { params, range: { from: 'since', to: 'until' } } as Dashboard;

describe('the address', () => {
  it('gives what is not as by default, and nothing else', () => expect(valuesOf(params, new URLSearchParams('country=France&since=2010-12-01&until=&other=x'))).toEqual({ country: 'France' }));
  it('keeps what is not ours, and drops what is as by default again', () => {
    const search = new URLSearchParams('theme=x&country=France');
    expect(String(withValues(search, params, { country: null, since: '2011-01-01' }))).toBe('theme=x&since=2011-01-01');
    expect(String(withValues(new URLSearchParams('since=2011-01-01'), params, { since: '2010-12-01' }))).toBe('');
  });
});

describe('a param with a default that may be NULL', () => {
  const land = [param('land', 'string', { nullable: true, default: 'France' }), param('city', 'string', { nullable: true }), param('day', 'date', { default: '2011-01-01' })];
  it('is NULL by an empty text, which stays in the address', () => {
    expect(valuesOf(land, new URLSearchParams('land=&city=&day='))).toEqual({ land: '' });
    expect(String(withValues(new URLSearchParams(), land, { land: '', city: '', day: '' }))).toBe('land=');
    expect(land.map(noneOf)).toEqual(['', null, null]);
  });
  it('is as by default again without it', () => expect(String(withValues(new URLSearchParams('land='), land, { land: null }))).toBe(''));
  it('is written as NULL for the SQL page', () => {
    expect(sqlWith('SELECT $land', land, { land: '' })).toBe('SELECT NULL');
    expect(sqlWith('SELECT $land', land, {})).toBe("SELECT 'France'");
  });
});

describe('a tile', () => {
  const tile = tileOf({ params: ['customer', 'since'] });
  it('asks for its own params alone', () => expect(valuesFor(tile, { country: 'France', since: '2011-01-01' })).toEqual({ since: '2011-01-01' }));
  it('waits for what it cannot do without', () => {
    expect(missingFor(tile, params, {}).map(({ name }) => name)).toEqual(['customer']);
    expect(missingFor(tile, params, { customer: '17850' })).toEqual([]);
  });
  it('is written out with its params for the SQL page', () => {
    expect(sqlWith('SELECT $customer, $country, $since, $unknown', params, { country: "Cote d'Ivoire", customer: '5' })).toBe("SELECT 5, 'Cote d''Ivoire', DATE '2010-12-01', $unknown");
    expect(sqlWith("SELECT '$country', \"$since\", 'it''s $country' -- $since\nFROM t /* $country */ WHERE c = $customer", params, { customer: '5' })).toBe("SELECT '$country', \"$since\", 'it''s $country' -- $since\nFROM t /* $country */ WHERE c = 5");
    expect(sqlWith('SELECT $customer, $country', params, { customer: '5; DROP' })).toBe("SELECT '5; DROP', NULL");
  });
  it('sets a param by a mark, and takes it back by the same', () => {
    const setting = tileOf({ sets: { country: 'land' } });
    const columns = [{ name: 'land' }];
    expect(chosen(setting, columns, ['France'], {}, textOf)).toEqual({ country: 'France' });
    expect(chosen(setting, columns, ['France'], { country: 'France' }, textOf)).toEqual({ country: null });
    expect(chosen(setting, columns, [null], {}, textOf)).toEqual({ country: null });
  });
});

it('presets of a range end where the data do', () => {
  expect(presetsOf(dashboard).map(({ title, from, to }) => [title, from, to])).toEqual([
    ['Last 7 days', '2011-12-24', '2011-12-31'],
    ['Last 30 days', '2011-12-01', '2011-12-31'],
    ['Last 90 days', '2011-10-02', '2011-12-31'],
    ['Last 12 months', '2010-12-31', '2011-12-31'],
  ]);
  const open = { params: [param('a', 'timestamp', { nullable: true }), param('b', 'timestamp', { nullable: true })], range: { from: 'a', to: 'b' } } as Dashboard;
  expect(presetsOf(open, Date.UTC(2026, 0, 31))[0]).toEqual({ title: 'Last 7 days', from: '2026-01-24T00:00:00Z', to: '2026-01-31T00:00:00Z' });
});
