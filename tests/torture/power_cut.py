#!/usr/bin/env python3
"""The power of a whole machine is cut: a server inside QEMU takes records, QEMU is killed, and the disk is left as a disk would be.

What the guest's kernel held in memory is gone. Beyond that, the guest's disk has a cache of its own that forgets: QEMU logs every write
and flush (blklogwrites), and the disk after the cut is made of everything up to the last flush and a random part of what came later,
writes whole, torn at a sector, or missing. Its file system is repaired as at a boot, what is on it is read with the program on this side,
and must hold everything that clients were told, once, with all stores a recount of the log. The next cut goes on from that disk.

  power_cut.py [--cuts N | --minutes M] [--seed S] [--accel tcg|kvm] [--keep FOLDER]
"""
import argparse
import gzip
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from ledger import Ledger  # noqa: E402
from ports import free_port  # noqa: E402
from recount import check_from_scratch  # noqa: E402
from seeds import seed_of_run  # noqa: E402
from server import PIPELINE, PROGRAM, Server  # noqa: E402
from traffic import Traffic  # noqa: E402

BOOT_SECONDS_MAX = 300
RUN_SECONDS = (0.5, 8.0)  # between the first request and the cut
DISK_BYTES = 1 << 30
GUEST_MEMORY_MIB = 1536
CUTS_PER_DISK = 8
GUEST_PORT = 7070

MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk", "failover", "net_failover", "virtio_net"]
INIT = f"""#!/bin/busybox sh
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t sysfs none /sys
/bin/busybox mount -t devtmpfs none /dev
for module in {' '.join(MODULES)}; do /bin/busybox insmod /modules/$module.ko; done
tries=0
while [ $tries -lt 150 ] && ! {{ [ -b /dev/vda ] && [ -b /dev/vdb ] && [ -d /sys/class/net/eth0 ]; }}; do
  /bin/busybox sleep 0.2
  tries=$((tries + 1))
done
/bin/busybox ip link set lo up
/bin/busybox ip addr add 10.0.2.15/24 dev eth0
/bin/busybox ip link set eth0 up
/bin/busybox mount -t ext4 -o ro /dev/vda /program || echo "guest: no program disk"
/bin/busybox mount -t ext4 /dev/vdb /data || echo "guest: no data disk"
/program/lib/ld-linux-x86-64.so.2 --library-path /program/lib /program/tailrace run /program
echo "guest: the server ended with $?"
/bin/busybox poweroff -f
"""

# Of the log that QEMU writes (the format of dm-log-writes).
LOG_MAGIC = 0x6A736677736872
SUPER = struct.Struct("<QQQI")
ENTRY = struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
SECTOR = 512


def run(*command, ok=(0,)):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    assert done.returncode in ok, f"{command}: {done.returncode} {done.stdout}"
    return done.stdout


def kernel():
    return sorted(pathlib.Path("/boot").glob("vmlinuz-*"))[-1]


def check_tools():
    """What tools/torture-setup installs."""
    missing = [tool for tool in ("qemu-system-x86_64", "busybox", "cpio", "mke2fs", "debugfs") if not shutil.which(tool)]
    if missing or not list(pathlib.Path("/boot").glob("vmlinuz-*")):
        sys.exit(f"missing: {missing or 'a kernel in /boot'}; tools/torture-setup installs it")


def make_initramfs(scratch):
    root = pathlib.Path(scratch, "initramfs")
    for folder in ("bin", "proc", "sys", "dev", "modules", "program", "data"):
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin")
    modules = pathlib.Path("/lib/modules", kernel().name.removeprefix("vmlinuz-"))
    for name in MODULES:
        shutil.copy(next(modules.rglob(name + ".ko")), root / "modules")
    (root / "init").write_text(INIT)
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in root.rglob("*"))
    packed = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(), cwd=root, stdout=subprocess.PIPE, check=True).stdout
    image = pathlib.Path(scratch, "initramfs.gz")
    image.write_bytes(gzip.compress(packed, 1))
    return image


def make_disk(path, size, content=None):
    with open(path, "wb") as file:
        file.truncate(size)
    run("mke2fs", "-q", "-t", "ext4", "-F", *(["-d", content] if content else []), path)


def make_program_disk(scratch):
    content = pathlib.Path(scratch, "program")
    (content / "lib").mkdir(parents=True)
    run("strip", "-o", content / "tailrace", PROGRAM)
    for line in run("ldd", PROGRAM).splitlines():
        library = line.split("=>")[-1].split()[0]
        if library.startswith("/"):
            shutil.copy(library, content / "lib")
    text = PIPELINE.read_text().replace("listen: 127.0.0.1:0", f"listen: 0.0.0.0:{GUEST_PORT}\n  auth: none\n  data: /data/tailrace")
    (content / "pipeline.yaml").write_text(text)
    disk = pathlib.Path(scratch, "program.img")
    make_disk(disk, 256 << 20, content)
    return disk


class Machine(Server):
    """A QEMU whose console is the server's output."""

    def __init__(self, scratch, images, disk, log, accel):
        initramfs, program = images
        forwarded = free_port()
        super().__init__(scratch, command=[
            "qemu-system-x86_64", "-accel", accel, "-cpu", "max", "-m", str(GUEST_MEMORY_MIB), "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio",
            "-kernel", str(kernel()), "-initrd", str(initramfs), "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
            "-blockdev", f"driver=file,filename={program},node-name=program,read-only=on",
            "-device", "virtio-blk-pci,drive=program,addr=4",
            "-blockdev", f"driver=file,filename={disk},node-name=data0",
            "-blockdev", f"driver=file,filename={log},node-name=log0",
            "-blockdev", "driver=blklogwrites,node-name=data,file=data0,log=log0,log-sector-size=512",
            "-device", "virtio-blk-pci,drive=data,addr=5",
            "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{forwarded}-10.0.2.15:{GUEST_PORT}",
            "-device", "virtio-net-pci,netdev=net,addr=6"])
        self._forwarded = forwarded

    def wait_listening(self, seconds=BOOT_SECONDS_MAX):
        super().wait_listening(seconds)
        self.host, self.port = "127.0.0.1", self._forwarded
        return self


def log_entries(path):
    """(sector, flags, bytes) of every write and flush that QEMU logged. Read up to the first that is none: a kill leaves the count behind."""
    with open(path, "rb") as file:
        magic, version, _, sector_bytes = SUPER.unpack(file.read(SUPER.size))
        assert (magic, version, sector_bytes) == (LOG_MAGIC, 1, SECTOR), "not a log of writes"
        at, size = SECTOR, os.path.getsize(path)
        while at + SECTOR <= size:
            file.seek(at)
            sector, sectors, flags, data_bytes = ENTRY.unpack(file.read(ENTRY.size))
            if (sectors, flags) == (0, 0):
                return
            file.seek(at + SECTOR)
            data = b"" if flags & DISCARD else file.read(sectors * SECTOR)
            at += SECTOR + len(data)
            yield sector, flags, data


def after_the_cut(disk, log, chance):
    """Turns `disk`, as it was before the boot, into what the cut leaves; returns (writes kept, torn, lost) after the last flush."""
    entries = list(log_entries(log))
    last_flush = max((i for i, (_, flags, _) in enumerate(entries) if flags & FLUSH), default=-1)
    kept = torn = lost = 0
    share = chance.choice((0.0, 0.5, 0.9))  # of later writes that reached the disk
    with open(disk, "r+b") as file:
        for i, (sector, flags, data) in enumerate(entries):
            if not data:
                continue
            if i > last_flush and not flags & FUA:
                if chance.random() >= share:
                    lost += 1
                    continue
                if chance.random() < 0.2 and len(data) > SECTOR:
                    data = data[: chance.randrange(1, len(data) // SECTOR) * SECTOR]
                    torn += 1
                else:
                    kept += 1
            file.seek(sector * SECTOR)
            file.write(data)
    return kept, torn, lost


def read_disk(scratch, disk, name):
    """A pipeline folder with what is on the disk, its journal replayed as a mount would."""
    run("e2fsck", "-f", "-y", disk, ok=(0, 1))
    folder = pathlib.Path(scratch, name)
    folder.mkdir()
    shutil.copy(PIPELINE, folder / "pipeline.yaml")
    run("debugfs", "-R", f"rdump /tailrace {folder}", disk)
    if (folder / "tailrace").exists():
        (folder / "tailrace").rename(folder / ".tailrace")
    return folder


def check(scratch, disk, ledger):
    folder = read_disk(scratch, disk, "read")
    try:
        server = Server(folder)
        try:
            server.wait_listening()
            recount = check_from_scratch(server, folder / ".tailrace", ledger, letters_exact=True)
            assert server.stop() == 0, server.output
            return len(recount.records)
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder)


def one_cut(scratch, images, disk, ledger, chance, accel):
    work, log = pathlib.Path(scratch, "work.img"), pathlib.Path(scratch, "writes.log")
    run("cp", "--sparse=always", disk, work)
    log.write_bytes(b"")
    machine = Machine(scratch, images, work, log, accel)
    try:
        began = time.monotonic()
        machine.wait_listening()
        booted = time.monotonic() - began
        traffic = Traffic(machine, ledger, chance, clients=3)
        time.sleep(chance.uniform(*RUN_SECONDS))
        machine.kill()
        answered = traffic.finish()
    finally:
        machine.kill()
    writes = after_the_cut(disk, log, chance)
    records = check(scratch, disk, ledger)
    return booted, answered, records, writes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=seed_of_run())
    parser.add_argument("--accel", default="tcg")
    options = parser.parse_args()
    check_tools()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    deadline = time.monotonic() + (options.minutes or 0) * 60
    cuts = acknowledged = 0

    def more():
        return time.monotonic() < deadline if options.minutes else cuts < options.cuts

    with tempfile.TemporaryDirectory() as scratch:
        images = make_initramfs(scratch), make_program_disk(scratch)
        disk = pathlib.Path(scratch, "data.img")
        while more():
            make_disk(disk, DISK_BYTES)
            ledger = Ledger()
            for _ in range(CUTS_PER_DISK):
                if not more():
                    break
                booted, answered, records, (kept, torn, lost) = one_cut(scratch, images, disk, ledger, chance, options.accel)
                cuts += 1
                print(f"cut {cuts}: up in {booted:.0f} s, {answered} requests answered, {records} records; of the writes after the last flush "
                      f"{kept} kept, {torn} torn, {lost} lost; nothing acknowledged is lost, nothing is twice", flush=True)
            acknowledged += len(ledger.acknowledged())
    assert acknowledged > 0, "nothing was acknowledged"
    print(f"tries={cuts} lost=0 duplicated=0 requests={acknowledged}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
