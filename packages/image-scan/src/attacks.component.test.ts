import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Programs, silentLog, systemPrograms } from '@tillgate/host';
import { need } from '@tillgate/testbed';
import { AMD64, type Layout, layerOf, makeShopImage, writeLayout } from '@tillgate/testbed/registry';
import { IGNORE, plantedImage, TRIVY_YAML } from './planted-image.test-kit.ts';
import {
  databaseDigests,
  type Judged,
  openWorkbench,
  type PolicyText,
  sha256OfFile,
  told,
  type Workbench,
  writeMetadata,
} from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db');
const NEW_WEBP = ['scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863'];
const HOUR = 3_600_000;

(tools ? describe : describe.skip)('nobody can talk the gate round', () => {
  let bench: Workbench;
  let vulnerable: Layout;
  let workspace: string;
  const home = process.cwd();

  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
    vulnerable = await plantedImage(join(bench.folder, 'vulnerable'));
    workspace = join(bench.folder, 'workspace');
    await mkdir(workspace);
    for (const name of ['.trivyignore', '.trivyignore.yaml', 'trivy.yaml', 'trivy-secret.yaml']) {
      await writeFile(join(workspace, name), name === 'trivy.yaml' ? TRIVY_YAML : IGNORE);
    }
  });
  afterAll(async () => {
    process.chdir(home);
    await bench?.close();
  });

  const scan = (...more: Parameters<Workbench['scan']> extends [string, ...infer R] ? R : never): Promise<Judged> =>
    bench.scan(`oci:${vulnerable.layoutDir}@${vulnerable.digest}`, ...more);
  const withPolicy = async (said: PolicyText) => ({ policy: await bench.policy(said) });

  it('finds it when nobody tries', async () => {
    expect(told((await scan()).findings, 'fail')).toEqual(NEW_WEBP);
  });

  it('a trivy.yaml and .trivyignore in the workspace and in the image, and a VEX file in the image', async () => {
    process.chdir(workspace);
    expect(told((await scan()).findings, 'fail')).toEqual(NEW_WEBP);
  });

  it('TRIVY_ variables, and others that steer programs', async () => {
    const environment = {
      ...process.env,
      TRIVY_SEVERITY: 'LOW',
      TRIVY_IGNOREFILE: join(workspace, '.trivyignore'),
      TRIVY_CONFIG: join(workspace, 'trivy.yaml'),
      TRIVY_SKIP_DIRS: '**',
      TRIVY_VEX: 'oci',
      TRIVY_PKG_TYPES: 'library',
      XDG_CONFIG_HOME: workspace,
      HOME: workspace,
    };
    expect(told((await scan({}, { environment })).findings, 'fail')).toEqual(NEW_WEBP);
  });

  it('hands Trivy nothing of the environment but what a registry needs, and an empty folder', async () => {
    const runs: { env: Record<string, string>; cwd: string; lies: string[]; args: readonly string[] }[] = [];
    const real = systemPrograms(silentLog);
    const programs: Programs = {
      ...real,
      run(file, args, options) {
        runs.push({ env: { ...options.env }, cwd: options.cwd, lies: readdirSync(options.cwd), args });
        return real.run(file, args, options);
      },
    };
    const environment = {
      GITHUB_TOKEN: 'secret',
      NODE_OPTIONS: '--require=x',
      LD_PRELOAD: 'x.so',
      HTTPS_PROXY: 'http://proxy',
      SSL_CERT_FILE: '/etc/ssl/certs/ours.pem',
      AWS_ACCESS_KEY_ID: 'key',
      TRIVY_INSECURE: 'true',
    };
    await scan({}, { programs, environment });
    expect(runs).toHaveLength(1);
    expect(Object.keys(runs[0]?.env ?? {}).sort()).toEqual([
      ...['AWS_ACCESS_KEY_ID', 'DOCKER_CONFIG', 'HOME', 'HTTPS_PROXY', 'SSL_CERT_FILE', 'TMPDIR'],
    ]);
    expect([runs[0]?.env.HOME, runs[0]?.lies]).toEqual([runs[0]?.cwd, []]);
    expect(runs[0]?.args).toEqual(
      expect.arrayContaining([
        ...['--skip-db-update', '--skip-java-db-update', '--skip-check-update', '--offline-scan'],
        ...['--skip-version-check', '--disable-telemetry', '--exit-code', '0'],
      ]),
    );
  });

  describe('with another scanner', () => {
    it('one that the policy does not name is never started', async () => {
      const trivyPath = join(bench.folder, 'mine');
      const mark = join(bench.folder, 'started');
      await writeFile(trivyPath, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
      const { outcome, findings } = await scan({ trivyPath });
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/tool-not-accepted scanner']]);
      const [{ message, remedy } = { message: '', remedy: '' }] = findings;
      expect(message).toContain(`names 0.72.0 (${(await sha256OfFile(bench.trivy)).slice(0, 19)}…)`);
      expect(remedy).toContain(`.github/release-policy.yml on the default branch`);
      expect(remedy).toContain(`- { version: x.y.z, sha256: "${await sha256OfFile(trivyPath)}" }`);
      await expect(readFile(mark)).rejects.toThrow('ENOENT');
    });

    it('one that is exchanged after it was checked', async () => {
      const trivyPath = join(bench.folder, 'exchanged');
      await cp(bench.trivy, trivyPath);
      const real = systemPrograms(silentLog);
      const programs: Programs = {
        ...real,
        async run(file, args, options) {
          await rm(trivyPath);
          await writeFile(trivyPath, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
          return real.run(file, args, options);
        },
      };
      expect(told((await scan({ trivyPath }, { programs })).findings, 'fail')).toEqual(NEW_WEBP);
    });

    it('a symbolic link: what it points to when it is opened is what is checked and run', async () => {
      const trivyPath = join(bench.folder, 'link');
      await symlink(bench.trivy, trivyPath);
      expect(told((await scan({ trivyPath })).findings, 'fail')).toEqual(NEW_WEBP);
    });

    it.each(['0.69.4', '0.69.5', '0.69.6'])('version %s is refused even if the policy names it', async (version) => {
      const accepted = [{ version, sha256: await sha256OfFile(bench.trivy) }];
      const { findings } = await scan(await withPolicy({ trivy: { accepted } }));
      expect(told(findings, 'unknown')).toEqual(['scan/tool-not-accepted scanner']);
    });

    it('one that ends well without a report', async () => {
      const trivyPath = join(bench.folder, 'silent');
      await writeFile(trivyPath, '#!/bin/sh\nexit 0\n');
      await chmod(trivyPath, 0o755);
      const accepted = [{ version: '0.72.0', sha256: await sha256OfFile(trivyPath) }];
      const { outcome, findings } = await scan({ trivyPath, ...(await withPolicy({ trivy: { accepted } })) });
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/report-unusable linux/amd64']]);
    });

    it('one that leaves a report without findings and ends with 1: what has failed has not looked', async () => {
      const trivyPath = join(bench.folder, 'failing');
      const report = {
        SchemaVersion: 2,
        ArtifactType: 'container_image',
        Metadata: { ImageID: vulnerable.configDigest, OS: { Family: 'debian', Name: '12.11' }, ImageConfig: AMD64 },
      };
      await writeFile(
        trivyPath,
        `#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\necho '${JSON.stringify(report)}' > "$2"\nexit 1\n`,
        { mode: 0o755 },
      );
      const accepted = [{ version: '0.72.0', sha256: await sha256OfFile(trivyPath) }];
      const { outcome, findings } = await scan({ trivyPath, ...(await withPolicy({ trivy: { accepted } })) });
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/tool-failed linux/amd64']]);
    });

    it('a folder, a pipe, and one that is not there', async () => {
      const pipe = join(bench.folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      for (const trivyPath of [bench.folder, pipe, join(bench.folder, 'nowhere')]) {
        expect(told((await scan({ trivyPath })).findings, 'unknown')).toEqual(['scan/tool-not-accepted scanner']);
      }
    });
  });

  describe('with another database', () => {
    /** A copy of the database, changed, and vouched for as far as said. */
    async function changed(name: string, change: (folder: string) => Promise<void>, vouched = true) {
      const databasePath = join(bench.folder, name);
      await cp(bench.database, databasePath, { recursive: true });
      await change(databasePath);
      const digests = vouched
        ? await databaseDigests(databasePath).catch(() => [])
        : await databaseDigests(bench.database);
      return { databasePath, ...(await withPolicy({ database: { digests } })) };
    }
    const unknownFor = async (request: Awaited<ReturnType<typeof changed>>) => {
      const { outcome, findings } = await scan(request);
      return [outcome, told(findings, 'unknown')];
    };

    it('one that nobody vouches for', async () => {
      const request = await changed(
        'other',
        (folder) => writeFile(join(folder, 'trivy.db'), 'empty of findings'),
        false,
      );
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-not-accepted scanner']]);
    });

    it('the right one, made young by another metadata.json', async () => {
      const request = await changed('younger', (folder) => writeMetadata(folder, Date.now()), false);
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-not-accepted scanner']]);
    });

    it('an old one', async () => {
      const request = await changed('old', (folder) => writeMetadata(folder, Date.now() - 49 * HOUR));
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-too-old scanner']]);
    });

    it('one from the future', async () => {
      const request = await changed('future', (folder) => writeMetadata(folder, Date.now() + 48 * HOUR));
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-unusable scanner']]);
    });

    it('one of another schema', async () => {
      const request = await changed('schema', (folder) => writeMetadata(folder, Date.now(), 1));
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-unusable scanner']]);
    });

    it('a folder in its place', async () => {
      const request = await changed('folder', async (folder) => {
        await rm(join(folder, 'trivy.db'));
        await mkdir(join(folder, 'trivy.db'));
      });
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-unusable scanner']]);
    });

    it('an empty file', async () => {
      const request = await changed('empty', (folder) => writeFile(join(folder, 'trivy.db'), ''));
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/database-unusable scanner']]);
    });

    it('a file that is no database, though the policy names it', async () => {
      const request = await changed('garbage', (folder) =>
        writeFile(join(folder, 'trivy.db'), 'garbage'.repeat(10_000)),
      );
      expect(await unknownFor(request)).toEqual(['inconclusive', ['scan/tool-failed linux/amd64']]);
    });

    it('a repository that the policy does not name', async () => {
      const request = { databasePath: undefined, databaseRepository: 'registry.example.org/mine' };
      expect(told((await scan(request)).findings, 'unknown')).toEqual(['scan/database-not-accepted scanner']);
    });
  });

  it('with another image under the same name: the digest decides', async () => {
    const clean = await makeShopImage({ version: '19.0.9', into: join(bench.folder, 'clean') });
    const layout = join(bench.folder, 'disguised');
    await cp(vulnerable.layoutDir, layout, { recursive: true });
    await cp(clean.layoutDir, layout, { recursive: true });
    const { findings } = await bench.scan(`oci:${layout}@${vulnerable.digest}`);
    expect(told(findings, 'fail')).toEqual(NEW_WEBP);
  });

  it('a manifest whose bytes are another image', async () => {
    const layout = join(bench.folder, 'forged');
    const clean = await makeShopImage({ version: '19.0.9', into: join(bench.folder, 'clean2') });
    await cp(vulnerable.layoutDir, layout, { recursive: true });
    const blob = (digest: string) => join('blobs', 'sha256', digest.slice('sha256:'.length));
    await cp(join(clean.layoutDir, blob(clean.digest)), join(layout, blob(vulnerable.digest)));
    const { outcome, findings } = await bench.scan(`oci:${layout}@${vulnerable.digest}`);
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/image-unreadable image']]);
  });

  it('an image in which nothing is recognised: no finding is no answer', async () => {
    const blank = await writeLayout(join(bench.folder, 'blank'), 'blank', [
      { platform: AMD64, layers: [await layerOf([{ path: 'app', content: 'a program', mode: 0o755 }])], config: {} },
    ]);
    const { outcome, findings } = await bench.scan(`oci:${blank.layoutDir}@${blank.digest}`);
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/nothing-recognised linux/amd64']]);
  });

  it('a report that nobody has signed', async () => {
    const report = join(bench.folder, 'report.json');
    await writeFile(report, '{"SchemaVersion":2}');
    const { outcome, findings } = await scan({ reportFiles: [report] });
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', [`scan/report-not-accepted ${report}`]]);
  });
});
