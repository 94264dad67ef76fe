"""What every room needs of the system: files, secrets, sockets, retries and packages, each handled in one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrometer.files.atomic_write import PARTIAL as PARTIAL
    from hydrometer.files.atomic_write import replace_file as replace_file
    from hydrometer.files.atomic_write import sync_folder as sync_folder
    from hydrometer.files.atomic_write import write_atomically as write_atomically
    from hydrometer.files.atomic_write import write_whole as write_whole
    from hydrometer.files.bounded_body import BodyTooLargeError as BodyTooLargeError
    from hydrometer.files.bounded_body import BoundedBody as BoundedBody
    from hydrometer.files.file_errors import explain_read_errors as explain_read_errors
    from hydrometer.files.file_errors import explain_write_errors as explain_write_errors
    from hydrometer.files.file_errors import make_read_error as make_read_error
    from hydrometer.files.file_errors import make_write_error as make_write_error
    from hydrometer.files.file_reading import read_bytes as read_bytes
    from hydrometer.files.file_reading import read_regular_file as read_regular_file
    from hydrometer.files.file_reading import read_text as read_text
    from hydrometer.files.file_reading import read_toml as read_toml
    from hydrometer.files.file_reading import read_toml_or_yaml as read_toml_or_yaml
    from hydrometer.files.listening_socket import open_listener as open_listener
    from hydrometer.files.missing_extra import require_extra as require_extra
    from hydrometer.files.regular_files import open_regular_file as open_regular_file
    from hydrometer.files.regular_files import refuse_irregular_file as refuse_irregular_file
    from hydrometer.files.retries import TransientError as TransientError
    from hydrometer.files.retries import retry_transient as retry_transient
    from hydrometer.files.retries import wait_until as wait_until
    from hydrometer.files.secret_files import read_secret as read_secret
    from hydrometer.files.secret_files import write_secret as write_secret
    from hydrometer.files.server_address import ServerAddress as ServerAddress
    from hydrometer.files.server_address import is_loopback as is_loopback
    from hydrometer.files.settings_files import convert_settings as convert_settings
    from hydrometer.files.settings_files import load_gateway_settings as load_gateway_settings
    from hydrometer.files.settings_files import load_settings as load_settings
else:
    from hydrometer.exports import export_lazily

    __getattr__, __dir__, __all__ = export_lazily(__name__, __file__)
