import { describe, expect, it } from 'vitest';
import { Numeral, parseExact } from '../api/sql';
import { compareCells, isNumeric, isTemporal, statisticsOf, textOf } from './cells';

describe('cells', () => {
  it('are shown as they were written', () => expect([textOf(null), textOf('null'), textOf(new Numeral('2.550')), textOf({ a: 1 })]).toEqual(['null', 'null', '2.550', '{"a":1}']));
  it('are sorted by value, nulls last', () => {
    const cells = [null, 10, new Numeral('9007199254740993'), 9];
    expect([...cells].sort(compareCells).map(textOf)).toEqual(['9', '10', '9007199254740993', 'null']);
  });
  it('are told apart by their type', () => {
    const column = (type: string) => ({ name: 'c', type });
    expect([isNumeric(column('DECIMAL(12,2)')), isNumeric(column('VARCHAR')), isNumeric(column('UBIGINT')), isNumeric(column('INTERVAL'))]).toEqual([true, false, true, false]);
    expect([isTemporal(column('TIMESTAMP WITH TIME ZONE')), isTemporal(column('BIGINT'))]).toEqual([true, false]);
  });
  it('have statistics', () => {
    expect(statisticsOf({ name: 'c', type: 'BIGINT' }, [3, null, 1, 1])).toEqual({ nulls: 1, distinct: 2, min: '1', max: '3', mean: 5 / 3 });
    expect(statisticsOf({ name: 'c', type: 'VARCHAR' }, [])).toEqual({ nulls: 0, distinct: 0, min: null, max: null, mean: null });
  });
});

describe('parseExact', () => {
  // Node 20 gives no source to a reviver, as older browsers do not; later ones do.
  it('reads JSON', () => expect(parseExact('{"a": [1, -2.5, "x", "1.50", "\\"1.50", null, true]}')).toEqual({ a: [1, -2.5, 'x', '1.50', '"1.50', null, true] }));
  it('keeps the digits of a number that a double would change', () =>
    expect((parseExact('[2.550, 9007199254740993, 1e400, -0.10, 3]') as unknown[]).map((cell) => (cell instanceof Numeral ? cell.text : cell))).toEqual(['2.550', '9007199254740993', '1e400', '-0.10', 3]));
  it('refuses what is no JSON', () => expect(() => parseExact('{"a": 01.50}')).toThrow(SyntaxError));
});
