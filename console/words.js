/** Whole rupiah in words, as on a cheque, so that a wrong number of zeros stands out. */

const ENGLISH = {
  units: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
  tens: ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'],
  scales: ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'],
};
const INDONESIAN = {
  units: ['nol', 'satu', 'dua', 'tiga', 'empat', 'lima', 'enam', 'tujuh', 'delapan', 'sembilan', 'sepuluh', 'sebelas'],
  scales: ['', 'ribu', 'juta', 'miliar', 'triliun', 'kuadriliun'],
};

/** `digits`, a whole number of rupiah, in words of `language` (en or id). */
export function inWords(digits, language) {
  const below = language === 'id' ? belowThousandIndonesian : belowThousandEnglish;
  const { scales, units } = language === 'id' ? INDONESIAN : ENGLISH;
  const groups = [];
  for (let rest = BigInt(digits); rest > 0n; rest /= 1000n) groups.unshift(Number(rest % 1000n));
  const said = groups.map((value, index) => {
    const scale = scales[groups.length - 1 - index];
    if (value === 0) return '';
    if (language === 'id' && value === 1 && scale === 'ribu') return 'seribu';
    return `${below(value)} ${scale}`.trim();
  });
  return `${said.filter(Boolean).join(' ') || units[0]} rupiah`;
}

function belowThousandEnglish(value) {
  const { units, tens } = ENGLISH;
  if (value >= 100) return `${units[Math.floor(value / 100)]} hundred${value % 100 ? ` ${belowThousandEnglish(value % 100)}` : ''}`;
  if (value < 20) return units[value];
  return tens[Math.floor(value / 10)] + (value % 10 ? `-${units[value % 10]}` : '');
}

function belowThousandIndonesian(value) {
  const { units } = INDONESIAN;
  const hundreds = Math.floor(value / 100);
  const rest = value % 100;
  const head = hundreds === 0 ? '' : hundreds === 1 ? 'seratus' : `${units[hundreds]} ratus`;
  return [head, rest ? belowHundredIndonesian(rest) : ''].filter(Boolean).join(' ');
}

function belowHundredIndonesian(value) {
  const { units } = INDONESIAN;
  if (value < 12) return units[value];
  if (value < 20) return `${units[value - 10]} belas`;
  return `${units[Math.floor(value / 10)]} puluh${value % 10 ? ` ${units[value % 10]}` : ''}`;
}
