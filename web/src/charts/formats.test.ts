import { describe, expect, it } from 'vitest';
import { Numeral } from '../api/json';
import { bytes, duration, formatterOf, grouped, parseFormat, readable, rounded, short, timeOf } from './formats';

const shown = (type: string, format: string | undefined, cell: unknown): string => {
  const column = { name: 'c', type };
  return formatterOf(column, [column], format).exact(cell);
};

describe('numbers', () => {
  it('keep every digit of a decimal, in groups of three', () => {
    expect(shown('DECIMAL(38,3)', undefined, new Numeral('12345678901234567890.120'))).toBe('12,345,678,901,234,567,890.120');
    expect(shown('BIGINT', undefined, new Numeral('9007199254740993'))).toBe('9,007,199,254,740,993');
    expect(grouped('-1234.5')).toBe('−1,234.5');
  });
  it('lose the noise of doubles, and nothing else', () => {
    expect(shown('DOUBLE', undefined, 0.1 + 0.2)).toBe('0.3');
    expect(shown('DOUBLE', undefined, 1e21)).toMatch(/1E21/);
    expect(shown('DOUBLE', undefined, -0.0000001)).toMatch(/0.0000001|1E-7/);
  });
  it('are rounded half away from nought on their digits', () => {
    expect([rounded('2.675', 2), rounded('-2.675', 2), rounded('0.995', 2), rounded('9.5', 0), rounded('1.004', 2)]).toEqual(['2.68', '-2.68', '1.00', '10', '1.00']);
  });
  it('have no sign when they are shown as nought', () => expect(shown('DECIMAL(5,3)', 'integer', '-0.001')).toBe('0'));
  it('are short on axes', () => expect([0, 0.25, 950, 12_300, 3_400_000, -1_250_000].map((value) => short(value))).toEqual(['0', '0.25', '950', '12.3k', '3.4M', '−1.3M']));
  it('on an axis are told apart', () => expect([short(114.25, 0.25), short(114.5, 0.25), short(66.6, 0.03), short(1_234_500, 500), short(1_235_000, 500), short(20_000, 5000)]).toEqual(['114.25', '114.50', '66.60', '1.2345M', '1.2350M', '20k']));
  it('that are missing are a dash, not nought', () => expect([shown('BIGINT', 'currency GBP', null), shown('DATE', undefined, undefined)]).toEqual(['–', '–']));
});

describe('currencies', () => {
  it('have their sign before the number and the minus before both', () => expect([shown('DECIMAL(12,2)', 'currency GBP', '1234.50'), shown('DECIMAL(12,2)', 'currency EUR', '-7')]).toEqual(['£1,234.50', '−€7.00']));
  it('have as many decimals as the currency is counted in, and a sign that no other has', () =>
    expect([shown('BIGINT', 'currency JPY', 17640), shown('DECIMAL(12,2)', 'currency USD', '210'), shown('DECIMAL(12,2)', 'currency TWD', '17640.00'), shown('DECIMAL(12,2)', 'currency CHF', '5')]).toEqual(['¥17,640', '$210.00', 'NT$17,640.00', 'CHF 5.00']));
  it('keep what a price below one has beyond them, and round the others', () => expect([shown('DECIMAL(12,3)', 'currency GBP', '0.085'), shown('DECIMAL(12,3)', 'currency GBP', '2.550'), shown('DECIMAL(12,3)', 'currency GBP', '8998790.914')]).toEqual(['£0.085', '£2.55', '£8,998,790.91']));
  it('have no cents where nobody counted any', () => expect([shown('BIGINT', 'currency INR', 5772), shown('DOUBLE', 'currency INR', 5772.5), shown('DECIMAL(12,2)', 'currency INR', '5772.00')]).toEqual(['₹5,772', '₹5,772.50', '₹5,772.00']));
  it('may stand in another column', () => {
    const columns = [
      { name: 'amount', type: 'DECIMAL(12,2)' },
      { name: 'code', type: 'VARCHAR' },
    ];
    const { exact } = formatterOf(columns[0]!, columns, 'currency:code');
    expect(exact('5', ['5', 'EUR'])).toBe('€5.00');
    expect(exact('5', ['5', 'no code'])).toBe('5.00');
    expect(exact('5', ['5', null])).toBe('5.00');
  });
  it('are read from the file', () => {
    const column = { name: 'a', type: 'BIGINT' };
    expect([parseFormat('currency gbp', column), parseFormat('currency:code', column), parseFormat('currency: code', column)]).toEqual([
      { kind: 'currency', currency: 'GBP', currencyColumn: undefined },
      { kind: 'currency', currency: undefined, currencyColumn: 'code' },
      { kind: 'currency', currency: undefined, currencyColumn: 'code' },
    ]);
  });
});

describe('other formats', () => {
  it('percent is of a hundred', () => expect([shown('DOUBLE', 'percent', 12.5), shown('DECIMAL(5,3)', 'percent', '35.714'), shown('BIGINT', 'percent', -3)]).toEqual(['12.5%', '35.71%', '−3%']));
  it('bytes have units of 1024', () => expect([0, 1023, 1024, 1_572_864, -2048].map(bytes)).toEqual(['0 B', '1023 B', '1 KB', '1.5 MB', '−2 KB']));
  it('durations are of seconds, in two units', () => expect([0.85, 12.5, 59, 245, 12_000, 86_400, 187_200, -60].map(duration)).toEqual(['850 ms', '13 s', '59 s', '4 min 5 s', '3 h 20 min', '1 day', '2 days 4 h', '−1 min']));
  it('dates and times are UTC', () => {
    expect(shown('DATE', undefined, '2011-12-09')).toBe('9 Dec 2011');
    expect(shown('TIMESTAMP WITH TIME ZONE', undefined, '2011-12-09T12:50:00Z')).toBe('9 Dec 2011, 12:50');
    expect(shown('TIMESTAMP', undefined, '2011-12-09 12:50:07')).toBe('9 Dec 2011, 12:50:07');
    expect(shown('TIMESTAMP', 'date', '2011-12-09 12:50:07')).toBe('9 Dec 2011');
    expect(timeOf('2011-12-09 12:50:00.123456')).toBe(Date.UTC(2011, 11, 9, 12, 50, 0, 123));
    expect(timeOf('2011-12-09T12:50:00+02:00')).toBe(Date.UTC(2011, 11, 9, 10, 50));
  });
  it('what is no date is shown as it is', () => expect(shown('VARCHAR', 'date', 'soon')).toBe('soon'));
});

it('names of columns become words', () => expect(['revenue_by_hour', 'UnitPrice', 'InvoiceNo', 'value_USD', 'n', 'StockCode'].map(readable)).toEqual(['Revenue by hour', 'Unit price', 'Invoice no', 'Value USD', 'N', 'Stock code']));
