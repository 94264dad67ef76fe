"""Files, secrets and addresses, as the whole house reads and writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.files.atomic_write import PARTIAL as PARTIAL
    from hydrometer.files.atomic_write import sync_folder as sync_folder
    from hydrometer.files.atomic_write import write_atomically as write_atomically
    from hydrometer.files.private_files import replace_file as replace_file
    from hydrometer.files.secret_files import read_secret as read_secret
    from hydrometer.files.secret_files import write_secret as write_secret
    from hydrometer.files.server_address import ServerAddress as ServerAddress
    from hydrometer.files.server_address import is_loopback as is_loopback
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
