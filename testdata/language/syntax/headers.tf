resource "a" "b"
{
  x = 1
}
resource "a" 5 {
  y = 1
}
resource "a" = 1
resource
"quoted" = 1
name: 1
a.b = 1
; 
resource "${x}" "b" {
}
x = 1
}
y = 2
