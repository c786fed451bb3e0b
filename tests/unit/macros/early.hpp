// Names that headers of others define, as carelessly as here; the standard library and those that t3api
// stands on bear them.

// windows.h and what it includes
#undef IN
#define IN a macro stood here
#undef OUT
#define OUT a macro stood here
#undef OPTIONAL
#define OPTIONAL a macro stood here
#undef CONST
#define CONST a macro stood here
#undef VOID
#define VOID a macro stood here
#undef TRUE
#define TRUE a macro stood here
#undef FALSE
#define FALSE a macro stood here
#undef BOOL
#define BOOL a macro stood here
#undef CHAR
#define CHAR a macro stood here
#undef INT
#define INT a macro stood here
#undef UINT
#define UINT a macro stood here
#undef LONG
#define LONG a macro stood here
#undef BYTE
#define BYTE a macro stood here
#undef WORD
#define WORD a macro stood here
#undef DWORD
#define DWORD a macro stood here
#undef NEAR
#define NEAR a macro stood here
#undef far
#define far a macro stood here
#undef near
#define near a macro stood here
#undef small
#define small a macro stood here
#undef interface
#define interface a macro stood here
#undef cdecl
#define cdecl a macro stood here
#undef pascal
#define pascal a macro stood here
#undef ERROR
#define ERROR a macro stood here
#undef NO_ERROR
#define NO_ERROR a macro stood here
#undef NOERROR
#define NOERROR a macro stood here
#undef ERROR_SUCCESS
#define ERROR_SUCCESS a macro stood here
#undef DELETE
#define DELETE a macro stood here
#undef STRICT
#define STRICT a macro stood here
#undef RELATIVE
#define RELATIVE a macro stood here
#undef ABSOLUTE
#define ABSOLUTE a macro stood here
#undef TRANSPARENT
#define TRANSPARENT a macro stood here
#undef OPAQUE
#define OPAQUE a macro stood here
#undef PASSTHROUGH
#define PASSTHROUGH a macro stood here
#undef ALTERNATE
#define ALTERNATE a macro stood here
#undef WINDING
#define WINDING a macro stood here
#undef DIFFERENCE
#define DIFFERENCE a macro stood here
#undef IGNORE
#define IGNORE a macro stood here
#undef INFINITE
#define INFINITE a macro stood here
#undef DOMAIN
#define DOMAIN a macro stood here
#undef OVERFLOW
#define OVERFLOW a macro stood here
#undef UNDERFLOW
#define UNDERFLOW a macro stood here
#undef THIS
#define THIS a macro stood here
#undef PURE
#define PURE a macro stood here
#undef BLANK
#define BLANK a macro stood here
#undef _T
#define _T a macro stood here
#undef GetObject
#define GetObject a macro stood here
#undef GetMessage
#define GetMessage a macro stood here
#undef SendMessage
#define SendMessage a macro stood here
#undef PostMessage
#define PostMessage a macro stood here
#undef DispatchMessage
#define DispatchMessage a macro stood here
#undef PeekMessage
#define PeekMessage a macro stood here
#undef CreateFile
#define CreateFile a macro stood here
#undef DeleteFile
#define DeleteFile a macro stood here
#undef MoveFile
#define MoveFile a macro stood here
#undef CopyFile
#define CopyFile a macro stood here
#undef CreateDirectory
#define CreateDirectory a macro stood here
#undef RemoveDirectory
#define RemoveDirectory a macro stood here
#undef CreateProcess
#define CreateProcess a macro stood here
#undef CreateEvent
#define CreateEvent a macro stood here
#undef CreateMutex
#define CreateMutex a macro stood here
#undef CreateSemaphore
#define CreateSemaphore a macro stood here
#undef CreateWindow
#define CreateWindow a macro stood here
#undef GetCurrentTime
#define GetCurrentTime a macro stood here
#undef GetClassName
#define GetClassName a macro stood here
#undef GetUserName
#define GetUserName a macro stood here
#undef GetComputerName
#define GetComputerName a macro stood here
#undef GetTempPath
#define GetTempPath a macro stood here
#undef GetVersion
#define GetVersion a macro stood here
#undef GetJob
#define GetJob a macro stood here
#undef SetJob
#define SetJob a macro stood here
#undef AddJob
#define AddJob a macro stood here
#undef LoadString
#define LoadString a macro stood here
#undef LoadImage
#define LoadImage a macro stood here
#undef DrawText
#define DrawText a macro stood here
#undef FindText
#define FindText a macro stood here
#undef FindWindow
#define FindWindow a macro stood here
#undef RegisterClass
#define RegisterClass a macro stood here
#undef ReportEvent
#define ReportEvent a macro stood here
#undef MessageBox
#define MessageBox a macro stood here
#undef InsertMenu
#define InsertMenu a macro stood here
#undef Yield
#define Yield a macro stood here

// X11
#undef Status
#define Status a macro stood here
#undef Bool
#define Bool a macro stood here
#undef True
#define True a macro stood here
#undef False
#define False a macro stood here
#undef Always
#define Always a macro stood here
#undef Above
#define Above a macro stood here
#undef Below
#define Below a macro stood here
#undef Convex
#define Convex a macro stood here
#undef Complex
#define Complex a macro stood here
#undef Unsorted
#define Unsorted a macro stood here
#undef Expose
#define Expose a macro stood here
#undef KeyPress
#define KeyPress a macro stood here
#undef KeyRelease
#define KeyRelease a macro stood here
#undef ButtonPress
#define ButtonPress a macro stood here
#undef FocusIn
#define FocusIn a macro stood here
#undef FocusOut
#define FocusOut a macro stood here
#undef CursorShape
#define CursorShape a macro stood here
#undef GrayScale
#define GrayScale a macro stood here
#undef InputOnly
#define InputOnly a macro stood here
#undef InputOutput
#define InputOutput a macro stood here
#undef CurrentTime
#define CurrentTime a macro stood here
#undef RootWindow
#define RootWindow a macro stood here
#undef Screen
#define Screen a macro stood here

// Qt
#undef emit
#define emit a macro stood here
#undef slots
#define slots a macro stood here
#undef signals
#define signals a macro stood here
#undef forever
#define forever a macro stood here
#undef foreach
#define foreach(a, b) a macro stood here

// macOS
#undef nil
#define nil a macro stood here
#undef Nil
#define Nil a macro stood here
#undef verify
#define verify(a) a macro stood here
#undef require
#define require(a, b) a macro stood here

// C libraries and compilers
#undef unix
#define unix a macro stood here
#undef linux
#define linux a macro stood here
#undef makedev
#define makedev a macro stood here

// programs
#undef GET
#define GET a macro stood here
#undef POST
#define POST a macro stood here
#undef PUT
#define PUT a macro stood here
#undef PATCH
#define PATCH a macro stood here
#undef HEAD
#define HEAD a macro stood here
#undef DEBUG
#define DEBUG a macro stood here
#undef INFO
#define INFO a macro stood here
#undef WARN
#define WARN a macro stood here
#undef WARNING
#define WARNING a macro stood here
#undef TRACE
#define TRACE a macro stood here
#undef FATAL
#define FATAL a macro stood here
#undef LOG
#define LOG a macro stood here
#undef OK
#define OK a macro stood here
#undef FAIL
#define FAIL a macro stood here
#undef PASS
#define PASS a macro stood here
#undef YES
#define YES a macro stood here
#undef NO
#define NO a macro stood here
#undef UNKNOWN
#define UNKNOWN a macro stood here
#undef DEFAULT
#define DEFAULT a macro stood here
#undef ASSERT
#define ASSERT(a) a macro stood here
#undef VERIFY
#define VERIFY(a) a macro stood here
