#!/usr/bin/env python3
"""Makes a data directory for the upgrade test, by the program that is given, and what that program answers from it.

    make_data_directory.py PROGRAM NAME      writes NAME.tar.xz and NAME.json beside this file

Run it with the last program of each layout, before a newer one changes what it stores. The server is killed with records acknowledged
that its tables have not consumed yet, so that opening it means recovering too.
"""
import json
import pathlib
import shutil
import sys
import tarfile
import tempfile

import shop

HERE = pathlib.Path(__file__).resolve().parent


def main():
    program, name = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) / "shop"
        folder.mkdir()
        shutil.copy(HERE / "pipeline.yaml", folder)
        with shop.Shop(program, folder) as server:
            for first in range(0, shop.ORDERS - 20, 20):
                server.post_orders(first, 20)
            server.answers()
            server.post_orders(shop.ORDERS - 20, 20)
            server.kill()
        with tarfile.open(HERE / f"{name}.tar.xz", "w:xz") as archive:
            archive.add(folder / ".tailrace", ".tailrace")
        with shop.Shop(program, folder) as server:
            (HERE / f"{name}.json").write_text(json.dumps(server.answers(), indent=None) + "\n")


if __name__ == "__main__":
    main()
