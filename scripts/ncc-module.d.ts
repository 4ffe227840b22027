declare module '@vercel/ncc' {
  interface Options {
    cache?: string | false;
    minify?: boolean;
    quiet?: boolean;
    license?: string;
    esm?: boolean;
  }
  interface Bundle {
    code: string;
    assets: Record<string, { source: string | Uint8Array; permissions: number }>;
  }
  export default function ncc(entry: string, options: Options): Promise<Bundle>;
}
