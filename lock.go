package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// errLocked says that another process is using the data folder.
var errLocked = errors.New("data folder in use")

// lockName is the file in the data folder that is locked.
const lockName = "lock"

// lockFolder makes the data folder if need be and takes it for this process,
// until the returned function is called or the process ends, however it ends.
func lockFolder(data string) (unlock func(), err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, folderFault(data, err)
	}
	f, err := os.OpenFile(filepath.Join(data, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, folderFault(data, err)
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", data, err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}

// lockedAdvice says what to do about a data folder that another process uses.
func lockedAdvice(data string) string {
	return "数据文件夹 " + data + " 正被另一个进程使用：多半是服务已经开着。请先停下它，或用 -data 换一个文件夹"
}

// folderFault says what to do about a data folder that cannot be used.
func folderFault(data string, err error) error {
	what := "请用 -data 换一个能写的文件夹"
	switch {
	case errors.Is(err, syscall.ENOSPC):
		what = "磁盘满了，请先腾出空间"
	case errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist):
		what = "它（或它上面的一层）是一个文件，不是文件夹；请用 -data 换一个文件夹"
	case errors.Is(err, fs.ErrPermission):
		what = "没有权限在那里写；请改文件夹的权限，或用 -data 换一个文件夹"
	}
	return fmt.Errorf("数据文件夹 %s 用不了：%s\n（data folder: %w）", data, what, err)
}

// instanceFile keeps the name of the instance that the data folder belongs to.
const instanceFile = "instance"

// instanceName names this instance among those that share a store. It stays the
// same when the process dies and comes back, so that it takes up at once what it
// was doing; a folder copied to another machine has another name. The caller
// holds the folder's lock.
func instanceName(data string) (string, error) {
	path := filepath.Join(data, instanceFile)
	text, err := os.ReadFile(path)
	name := strings.TrimSpace(string(text))
	if errors.Is(err, os.ErrNotExist) || err == nil && name == "" {
		name = rand.Text()
		err = os.WriteFile(path, []byte(name+"\n"), 0o600)
	}
	if err != nil {
		return "", folderFault(data, err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // the name is still its own unless the folder is copied
	}
	return name + "@" + host, nil
}
