// What each file of this folder gives to the table in commands.cc.
#pragma once

#include "app/command.h"

namespace tailrace::app {

Action DeclareAudit(Arguments& arguments);
Action DeclareBackup(Arguments& arguments);
Action DeclareCheck(Arguments& arguments);
Action DeclareCompletion(Arguments& arguments);
Action DeclareDlqList(Arguments& arguments);
Action DeclareDlqRedrive(Arguments& arguments);
Action DeclareDlqResume(Arguments& arguments);
Action DeclareDlqShow(Arguments& arguments);
Action DeclareDoctor(Arguments& arguments);
Action DeclareExport(Arguments& arguments);
Action DeclareInit(Arguments& arguments);
Action DeclareLimits(Arguments& arguments);
Action DeclareJobHistory(Arguments& arguments);
Action DeclareAlertList(Arguments& arguments);
Action DeclareAlertSilence(Arguments& arguments);
Action DeclareAlertUnsilence(Arguments& arguments);
Action DeclareJobList(Arguments& arguments);
Action DeclareJobCancel(Arguments& arguments);
Action DeclareJobRun(Arguments& arguments);
Action DeclareJobShow(Arguments& arguments);
Action DeclareKeysAdd(Arguments& arguments);
Action DeclareKeysList(Arguments& arguments);
Action DeclareKeysRevoke(Arguments& arguments);
Action DeclareKeysRotate(Arguments& arguments);
Action DeclareLoad(Arguments& arguments);
Action DeclareLogInspect(Arguments& arguments);
Action DeclareLogRepair(Arguments& arguments);
Action DeclareLogVerify(Arguments& arguments);
Action DeclareRebuild(Arguments& arguments);
Action DeclareRestore(Arguments& arguments);
Action DeclareRun(Arguments& arguments);
Action DeclareSchema(Arguments& arguments);
Action DeclareSql(Arguments& arguments);
Action DeclareTail(Arguments& arguments);
Action DeclareTest(Arguments& arguments);
Action DeclareTop(Arguments& arguments);
Action DeclareTrace(Arguments& arguments);
Action DeclareVersion(Arguments& arguments);

}  // namespace tailrace::app
