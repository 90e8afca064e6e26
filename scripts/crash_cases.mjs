// The cases of docs/crashes.md: runs them and writes the tables. Started by scripts/crash-cases, which prepares.
// What each case measured is kept as build/crash-cases/CASE.result.json; the page is made from these files alone.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { scanFlips, flipTable } from './crash_cases_flips.mjs';

const EXIT_USAGE = 129;
const REPEAT = '15';
const EXPLAIN_RUNS = '3';
// CPU time of the worker before it is sent a signal, in ticks of 10 ms: it compiles its large function by then.
const SIGNAL_AFTER_TICKS = 75;
const POLL_MS = 5;
const COLUMNS = ['case', 'verdict', 'signature', 'runs', 'rate', 'cause', 'steps before → after', 'probes',
  'seconds', 'capsule bytes', 'capsule replayed'];

const [root, ...asked] = process.argv.slice(2);
const work = path.join(root, 'build/crash-cases');
const crash = path.join(root, 'build/recordings/crash/kernel');
const tiny = path.join(root, 'build/recordings/tiny');
const recrank = path.join(root, 'build/release/bin/recrank');
const say = text => process.stderr.write(`== ${text}\n`);

// One call of recrank: its status, its report, the wall seconds; its text goes to NAME.txt.
const call = (name, args) => {
  const json = path.join(work, `${name}.json`);
  fs.rmSync(json, { force: true });
  const begin = performance.now();
  const done = spawnSync(recrank, [...args, '--quiet', '--json', json], { encoding: 'utf8', cwd: work });
  const seconds = (performance.now() - begin) / 1000;
  fs.writeFileSync(path.join(work, `${name}.txt`), done.stdout + done.stderr);
  const report = fs.existsSync(json) ? JSON.parse(fs.readFileSync(json, 'utf8')) : {};
  return { status: done.status, report, seconds, error: report.error?.text };
};

const verdictText = verdict => {
  if (!verdict) return undefined;
  const what = {
    crashed: () => ` by ${verdict.signal ?? `exit ${verdict.exit_status}`}`,
    limit: () => ` ${verdict.limit}`,
    diverged: () => `, ${verdict.field}`,
    unjudged: () => `: ${verdict.reason}`,
  }[verdict.kind];
  const step = verdict.step === undefined ? '' : ` at step ${verdict.step}`;
  return `${verdict.kind}${what ? what() : ''}${step}`;
};

const percent = value => `${Math.round(100 * value)} %`;
const rateText = ({ agreed, runs, interval_95: [low, high] }) =>
  `${agreed} of ${runs} (${percent(low)} to ${percent(high)})`;

// What the crash itself says, and of how many runs.
const certainty = (name, args, { repeat = REPEAT, explain = true } = {}) => {
  const controls = explain ? ['--explain', '--explain-runs', EXPLAIN_RUNS] : [];
  const { report, status } = call(name, ['replay', ...args, '--repeat', repeat, ...controls]);
  const { verdict } = report;
  return {
    verdict: `${verdictText(verdict)} (${status})`,
    signature: verdict?.signature,
    runs: report.repeat?.runs,
    rate: report.repeat && rateText(report.repeat),
    cause: report.explain && `${report.explain.cause}${report.explain.sure ? '' : ' (not sure)'}`,
    kind: verdict?.kind,
  };
};

// An error without the file that it is about and without the remedy.
const firstClause = (text = 'see the text') => text.replace(/^\/[^:]*: /, '').split(';')[0];

// Cuts it down; the capsule is then replayed once more and has to meet what it claims.
const shrunk = (name, args, found) => {
  const capsule = path.join(work, `${name}.crank`);
  for (const file of [capsule, `${capsule}.shrink-state`]) fs.rmSync(file, { force: true });
  const { report, seconds, error } = call(`${name}-shrink`, ['shrink', ...args, '-o', capsule]);
  if (!fs.existsSync(capsule)) return { steps: `refused: ${firstClause(error ?? report.ended)}` };
  return {
    steps: `${report.steps.before} → ${report.steps.after}${report.minimal ? '' : ' (not minimal)'}`,
    probes: report.probes.asked,
    seconds: seconds.toFixed(1),
    capsule: fs.statSync(capsule).size,
    replayed: replayed(name, capsule, found),
  };
};

const replayed = (name, capsule, found) => {
  const { report } = call(`${name}-capsule`, ['replay', capsule]);
  const { met } = report.expected ?? {};
  if (met !== true) return `claim not met: ${verdictText(report.verdict)}`;
  if (!found.signature) return 'met';
  const same = found.signature === report.verdict.signature;
  // The innermost function of a hang is chance, and so may be one of the three that are shown.
  return same ? 'met, same signature' : `met, signature ${report.verdict.signature}`;
};

// For what cannot be shrunk: the whole range.
const packed = (name, args, found) => {
  const capsule = path.join(work, `${name}.crank`);
  const { error } = call(`${name}-pack`, ['pack', ...args, '--force', '-o', capsule]);
  if (!fs.existsSync(capsule)) return { steps: `refused: ${firstClause(error)}` };
  return { steps: 'packed whole', capsule: fs.statSync(capsule).size, replayed: replayed(name, capsule, found) };
};

const fullTreatment = (name, args, how) => {
  const found = certainty(name, args, how);
  return { ...found, ...shrunk(name, args, found) };
};

// Of a process that may end at any moment.
const readProc = file => {
  try {
    return fs.readFileSync(`/proc/${file}`, 'utf8').trim();
  } catch {
    return '';
  }
};
const workerOf = pid => {
  const threads = fs.readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap(id => readProc(`${pid}/task/${id}/children`).split(/\s+/)).filter(Boolean);
  return children.map(Number).find(child => readProc(`${child}/comm`) === 'xsnap-worker');
};
const ticksOf = pid => {
  const [user, system] = readProc(`${pid}/stat`).replace(/^.*\) /, '').split(' ').slice(11, 13);
  return Number(user) + Number(system);
};

// Starts a replay of `evaluator`, sends its worker a signal in the middle, and reads the report.
const signalled = async (name, signal, options) => {
  const json = path.join(work, `${name}.json`);
  fs.rmSync(json, { force: true });
  const out = fs.openSync(path.join(work, `${name}.txt`), 'w');
  const args = ['replay', crash, '--vat', 'evaluator', ...options, '--json', json];
  const child = spawn(recrank, args, { stdio: ['ignore', out, out], cwd: work });
  const ended = new Promise(resolve => child.on('close', resolve));
  let sent = false;
  while (!sent && child.exitCode === null) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
    const worker = workerOf(child.pid);
    if (worker && ticksOf(worker) >= SIGNAL_AFTER_TICKS) sent = process.kill(worker, signal);
  }
  const status = await ended;
  fs.closeSync(out);
  if (!sent) throw Error(`${name}: the replay ended before its worker could be sent ${signal}`);
  const { verdict, explain } = JSON.parse(fs.readFileSync(json, 'utf8'));
  return { verdict: `${verdictText(verdict)} (${status})`, signature: verdict.signature, runs: 1, cause: explain?.cause };
};

// The journal, with the answers that Bun 1.3.12 gives: so its neighbours have something to be held against.
const bunDirectory = path.join(root, 'third_party/bun');
const bunJournal = () => {
  const options = { encoding: 'utf8', maxBuffer: 1 << 26, cwd: bunDirectory };
  const events = spawnSync(process.execPath, ['make-journal.mjs', '--kill-at', '7'], options).stdout;
  const bun = path.join(bunDirectory, 'node_modules/bun-1.3.12/bin/bun');
  const answers = spawnSync(bun, ['highlight.mjs'], { ...options, input: events }).stdout.split('\n');
  const lines = events.trim().split('\n').map((event, n) => `{"event":${event},"answer":${answers[n]}}\n`);
  const journal = path.join(work, 'bun.jsonl');
  fs.writeFileSync(journal, `{"schema":"recrank.journal/1","subject":"highlight"}\n${lines.join('')}`);
  return journal;
};

const bun = (release, name, how) => {
  const args = [bunJournal(), '--engine', path.join(bunDirectory, `bun-${release}.json`)];
  const found = certainty(name, args, how);
  return found.kind === 'crashed' ? { ...found, ...shrunk(name, args, found) } : found;
};

const evaluator = limit => [crash, '--vat', 'evaluator', '--memory-limit', limit];
const CASES = {
  a1: { title: 'evaluator, 1500 MB', run: () => fullTreatment('a1', evaluator('1500MB')) },
  a2: {
    title: 'evaluator, 1200 MB',
    run: () => {
      const found = certainty('a2', evaluator('1200MB'));
      return { ...found, ...packed('a2', evaluator('1200MB'), found) };
    },
  },
  b1: {
    title: 'spinner without a meter',
    run: () =>
      fullTreatment('b1',
        [path.join(tiny, 'chain.slog'), '--vat', 'spinner', '--meter-limit', '0', '--step-limit', '3'],
        { repeat: '5' }),
  },
  b2: { title: 'evaluator, SIGSTOP', run: () => signalled('b2', 'SIGSTOP', ['--step-limit', '3']) },
  c: { title: 'evaluator, SIGSEGV from outside', run: () => signalled('c', 'SIGSEGV', ['--explain', '--explain-runs', EXPLAIN_RUNS]) },
  d: {
    title: 'ledger, flipped heap',
    run: () => {
      const scan = scanFlips({ root, work, tiny, call, verdictText });
      const args = scan.crash && [scan.crash.kernel, '--vat', 'ledger', ...scan.crash.options];
      const row = args ? fullTreatment('d', args) : { verdict: 'no flip of the scan crashed' };
      return { ...row, scan: { ...scan, crash: scan.crash && scan.crash.label } };
    },
  },
  e: { title: 'Bun 1.3.13', run: () => bun('1.3.13', 'e', {}) },
  'e-before': { title: 'Bun 1.3.12', run: () => bun('1.3.12', 'e-before', { repeat: '3', explain: false }) },
  'e-after': { title: 'Bun 1.3.14', run: () => bun('1.3.14', 'e-after', { repeat: '3', explain: false }) },
  f: {
    title: 'grower, 1400 MB',
    run: () => fullTreatment('f', [crash, '--vat', 'grower', '--memory-limit', '1400MB']),
  },
};

const resultFile = name => path.join(work, `${name}.result.json`);
const cell = value => (value === undefined ? '–' : String(value).replaceAll('|', '\\|'));
const line = cells => `| ${cells.join(' | ')} |`;

const tables = () => {
  const lines = [line(COLUMNS), line(COLUMNS.map(() => '---'))];
  let scan;
  for (const [name, { title }] of Object.entries(CASES)) {
    if (!fs.existsSync(resultFile(name))) {
      lines.push(line([`${name}: ${title}`, 'not run', ...COLUMNS.slice(2).map(() => '–')]));
      continue;
    }
    const row = JSON.parse(fs.readFileSync(resultFile(name), 'utf8'));
    scan = row.scan ?? scan;
    const signature = row.signature && `\`${row.signature}\``;
    lines.push(line([`${name}: ${title}`, row.verdict, signature, row.runs, row.rate, row.cause, row.steps, row.probes,
      row.seconds, row.capsule, row.replayed].map(cell)));
  }
  return [...lines, '', ...(scan ? flipTable(scan) : [])].join('\n').replaceAll(`${root}/`, '');
};

// The page, from the results that there are.
const writePage = () => {
  const page = path.join(root, 'docs/crashes.md');
  const text = fs.readFileSync(page, 'utf8');
  const parts = /^([^]*<!-- measured -->\n)[^]*(\n<!-- end of measured -->[^]*)$/.exec(text);
  if (!parts) throw Error('docs/crashes.md has lost its markers');
  fs.writeFileSync(`${page}.new`, parts[1] + tables() + parts[2]);
  fs.renameSync(`${page}.new`, page);
};

const unknown = asked.filter(name => !(name in CASES));
if (unknown.length > 0) {
  process.stderr.write(`crash-cases: no such case: ${unknown.join(' ')}; there are ${Object.keys(CASES).join(' ')}\n`);
  process.exit(EXIT_USAGE);
}
writePage();
for (const [name, { title, run }] of Object.entries(CASES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const begin = performance.now();
  const row = await run();
  fs.writeFileSync(resultFile(name), `${JSON.stringify(row, null, 1)}\n`);
  say(`${name} ${title}: ${row.verdict}; ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  writePage();
}
