import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Every bench runs to its end, tiny, and its last line is JSON with the figures that the documents name. */

const ROOT = join(import.meta.dirname, '..');
const FIGURES: Readonly<Record<string, readonly string[]>> = {
  audit: ['append_per_s', 'append_ms_p99', 'verify_entries_per_s', 'search_ms_p50'],
  decide: ['decide_ms_p99', 'decide_warm_ms_p99', 'reference_cedar_ms_p99', 'permitted_share'],
  dp: ['noise_samples_per_s', 'noise_sha256', 'exact_overhead_vs_handwritten', 'declared_overhead_geomean'],
  exit: ['closure_ms_p99', 'copies_left', 'late_releases', 'jobs_stopped'],
  freeze: ['closure_ms_p99'],
  gateway: ['compile_ms_p50', 'overhead_ms_p50', 'clock_wait_ms_p50', 'jobs_per_s', 'rss_mb_idle', 'result_sha256'],
  guard: ['judge_cpu_ms', 'pair_by_pair_cpu_ms', 'store_ms', 'load_ms', 'result_sha256'],
  homomorphic: [
    'ashe_encrypt_mvalues_s',
    'ashe_groupby_overhead',
    'ashe_groupby_overhead_with_row_sets',
    'ashe_open_mvalues_s',
    'ashe_bytes_per_value',
    'ashe_result_sha256',
    'bgv_encrypt_mvalues_s',
    'bgv_sum_mvalues_s',
    'bgv_group_ms_per_million',
    'bgv_bytes_per_value',
    'bgv_result_sha256',
  ],
  ingest: ['csv_ratio'],
  load: ['latency_ms_p99', 'rss_growth_mb_per_min', 'files', 'home_kb_per_answer', 'statuses'],
  perturbation: [
    'one_bit_ceiling_1_pair',
    'one_bit_accuracy',
    'exact_count_padded',
    'reconstruction_accuracy',
    'sum_errors',
    'result_sha256',
  ],
  release: ['aggregate_overhead_geomean', 'compile_ms_p50', 'accepted', 'result_sha256'],
  sandbox: ['added_ms_per_query', 'worker_ready_ms', 'attach_gb_per_s', 'scan_overhead_warm', 'result_sha256'],
  utility: ['aggregate_400', 'perturbed_400', 'result_sha256'],
};
const areas = readdirSync(join(ROOT, 'bench')).flatMap((name) =>
  name.endsWith('.bench.ts') ? [name.slice(0, -'.bench.ts'.length)] : [],
);

it('every bench has its figures named here', () => {
  expect(areas.toSorted()).toEqual(Object.keys(FIGURES).toSorted());
});

it.each(areas)('%s, tiny', { timeout: 120_000 }, (area) => {
  const out = execFileSync(process.execPath, [join(ROOT, 'bench/run.ts'), area, '--tiny', '--json'], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  const last = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  for (const figure of FIGURES[area] ?? []) expect(last[figure], figure).not.toBeUndefined();
});
