/*
 * The first program of the machine in which build.sh completes a Debian: it inserts the modules that /modules/order names, mounts the disk, runs
 * /second-stage on it, prints that script's exit code after DEBIAN-SECOND-STAGE, and powers off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void insert_modules(void) {
    char path[256] = "/modules/";
    FILE *order = fopen("/modules/order", "r");
    while (order && fgets(path + 9, sizeof path - 9, order)) {
        path[strcspn(path, "\n")] = 0;
        int file = open(path, O_RDONLY);
        if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) perror(path);
        if (file >= 0) close(file);
    }
}

static int mount_disk(void) {
    mount("none", "/dev", "devtmpfs", 0, "");
    for (int tries = 0; tries < 100; tries++) {
        if (mount("/dev/vda", "/disk", "ext4", 0, "") == 0) return 0;
        usleep(100000);
    }
    perror("/dev/vda");
    return -1;
}

static int complete(void) {
    if (mount_disk() != 0) return 1;
    mount("none", "/disk/proc", "proc", 0, "");
    mount("none", "/disk/sys", "sysfs", 0, "");
    mount("none", "/disk/dev", "devtmpfs", 0, "");
    pid_t child = fork();
    if (child == 0) {
        if (chdir("/disk") == 0 && chroot(".") == 0) execl("/bin/sh", "sh", "/second-stage", (char *)0);
        perror("/second-stage");
        _exit(127);
    }
    int status = 1;
    waitpid(child, &status, 0);
    umount("/disk/dev");
    umount("/disk/sys");
    umount("/disk/proc");
    sync();
    /* What the script left running can hold the disk: read-only is enough to leave it whole. */
    if (umount("/disk") != 0 && mount("", "/disk", "", MS_REMOUNT | MS_RDONLY, "") != 0) perror("/disk");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void) {
    setbuf(stdout, 0);
    insert_modules();
    printf("DEBIAN-SECOND-STAGE: %d\n", complete());
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
