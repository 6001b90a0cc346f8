import { describe, expect, it } from 'vitest';
import { Numeral } from '../api/json';
import { isNumeric, isTemporal, orderOf, statisticsOf, textOf } from './cells';

describe('cells', () => {
  it('are shown as they were written', () => expect([textOf(null), textOf('null'), textOf(new Numeral('2.550')), textOf({ a: 1 })]).toEqual(['null', 'null', '2.550', '{"a":1}']));
  it('are sorted by value, nulls last', () => {
    const sorted = (cells: unknown[], descending = false) => [...orderOf(cells, descending)].map((at) => textOf(cells[at]));
    const cells = [null, 10, new Numeral('9007199254740993'), 9];
    expect(sorted(cells)).toEqual(['9', '10', '9007199254740993', 'null']);
    expect(sorted(cells, true)).toEqual(['9007199254740993', '10', '9', 'null']);
    expect(sorted(['b', 'a', 'B', null, 'a'])).toEqual(['B', 'a', 'a', 'b', 'null']);
  });
  it('that are equal stay as they stood, in both directions', () => {
    const cells = [2, 1, 2, 1, null, null];
    expect([...orderOf(cells)]).toEqual([1, 3, 0, 2, 4, 5]);
    expect([...orderOf(cells, true)]).toEqual([0, 2, 1, 3, 4, 5]);
  });
  it('are told apart by their type', () => {
    const column = (type: string) => ({ name: 'c', type });
    expect([isNumeric(column('DECIMAL(12,2)')), isNumeric(column('VARCHAR')), isNumeric(column('UBIGINT')), isNumeric(column('INTERVAL'))]).toEqual([true, false, true, false]);
    expect([isTemporal(column('TIMESTAMP WITH TIME ZONE')), isTemporal(column('BIGINT'))]).toEqual([true, false]);
  });
  it('have statistics', () => {
    expect(statisticsOf({ name: 'c', type: 'BIGINT' }, [3, null, 1, 1])).toEqual({ nulls: 1, distinct: 2, min: '1', max: '3', mean: 5 / 3 });
    expect(statisticsOf({ name: 'c', type: 'DECIMAL(12,2)' }, [new Numeral('2.50'), new Numeral('10.00'), new Numeral('2.50')])).toEqual({ nulls: 0, distinct: 2, min: '2.50', max: '10.00', mean: 5 });
    expect(statisticsOf({ name: 'c', type: 'VARCHAR' }, [])).toEqual({ nulls: 0, distinct: 0, min: null, max: null, mean: null });
  });
});
