# Coming after itself says nothing, and what runs once an object is there may name it.
resource "terraform_data" "a" {
  input      = "a"
  depends_on = [terraform_data.a]
  provisioner "local-exec" {
    command = "echo ${terraform_data.a.output} ${self.output} >> log.txt"
  }
}

resource "terraform_data" "b" {
  for_each = { x = "of x" }
  input    = each.value
  provisioner "local-exec" {
    command = "echo ${terraform_data.b["x"].output} >> log.txt"
  }
  depends_on = [terraform_data.a]
}
