"""One file per command: module `x` holds function `x`, which becomes `hydrometer x`; found by walking this folder."""
