# comment
// another
/* block
   comment */
terraform {}

variable "name" {
  type    = string
  default = "a" # trailing
}

resource "a" "b" {
  count = 2
  text = <<-EOT
    line } { "
    ${var.name}
  EOT
  nested {
    deep { x = 1 }
  }
  tags = {
    a = 1
    "b" : 2
  }
  list = [
    1,
    2, # two
  ]
}
output x { value = "${"}"}" }
top = 1
