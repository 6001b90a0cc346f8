// From what people call a country to its number in ISO 3166, by which the map knows it.
import codes from 'i18n-iso-countries/codes.json';
import english from 'i18n-iso-countries/langs/en.json';

/** Names that are in use beside those of the standard, and those of parts of countries; without case, accents and signs. */
const ALSO: Record<string, string[]> = {
  uk: ['GB'],
  england: ['GB'],
  scotland: ['GB'],
  wales: ['GB'],
  northernireland: ['GB'],
  eire: ['IE'],
  rsa: ['ZA'],
  uae: ['AE'],
  usa: ['US'],
  unitedstates: ['US'],
  korea: ['KR'],
  southkorea: ['KR'],
  northkorea: ['KP'],
  holland: ['NL'],
  channelislands: ['JE', 'GG'],
  czechia: ['CZ'],
  russia: ['RU'],
  turkiye: ['TR'],
  turkey: ['TR'],
  macedonia: ['MK'],
  swaziland: ['SZ'],
  capeverde: ['CV'],
  ivorycoast: ['CI'],
  burma: ['MM'],
  persia: ['IR'],
  vatican: ['VA'],
  palestine: ['PS'],
  laos: ['LA'],
  syria: ['SY'],
  moldova: ['MD'],
  bolivia: ['BO'],
  venezuela: ['VE'],
  tanzania: ['TZ'],
  vietnam: ['VN'],
  brunei: ['BN'],
  bosnia: ['BA'],
  drcongo: ['CD'],
  democraticrepublicofthecongo: ['CD'],
  libyanarabjamahiriya: ['LY'],
  netherlandsantilles: ['CW', 'SX', 'BQ'],
  palestinianterritory: ['PS'],
  reunion: ['RE'],
  hongkongsar: ['HK'],
  svalbardandjanmayenislands: ['SJ'],
  kyrgyzrepublic: ['KG'],
  micronesia: ['FM'],
  saintmartin: ['MF'],
  usvirginislands: ['VI'],
  unitedstatesvirginislands: ['VI'],
  bouvetislandbouvetoya: ['BV'],
  britishindianoceanterritorychagosarchipelago: ['IO'],
  stvincentandthegrenadines: ['VC'],
  antarcticaterritorysouthof60degs: ['AQ'],
  slovakia: ['SK'],
  slovakiaslovakrepublic: ['SK'],
  britishvirginislands: ['VG'],
};

/** "Côte d'Ivoire" is cotedivoire, "Trinidad & Tobago" trinidadandtobago. */
export function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase()
    .replace(/&/g, 'and')
    .replace(/\b(?:the|republic of the|republic of)\b/g, '')
    .replace(/[^a-z0-9]/g, '');
}

const numbers = new Map<string, string>(); // of ISO 3166-1 alpha-2
const known = new Map<string, string[]>(); // plain name or code: numbers

for (const [two, three, number] of codes as string[][]) {
  numbers.set(two!, number!);
  known.set(two!.toLowerCase(), [number!]);
  known.set(three!.toLowerCase(), [number!]);
}
for (const [two, names] of Object.entries(english.countries as Record<string, string | string[]>)) {
  const number = numbers.get(two);
  if (number) for (const name of [names].flat()) known.set(plain(name), [number]);
}
for (const [name, twos] of Object.entries(ALSO)) known.set(plain(name), twos.map((two) => numbers.get(two)!).filter(Boolean));

/** Numbers of ISO 3166-1 as three digits; most names have one, "Channel Islands" two, "European Community" none. */
export const placesOf = (name: string): string[] => known.get(plain(name)) ?? [];
