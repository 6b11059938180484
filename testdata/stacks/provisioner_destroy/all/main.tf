variable "n" {
  type = number
}
variable "keys" {
  type = set(string)
}
module "m" {
  source   = "./m"
  for_each = var.keys
}
resource "terraform_data" "a" {
  count      = var.n
  input      = count.index
  depends_on = [module.m]
  provisioner "local-exec" {
    when    = destroy
    command = "sleep 0.2; echo bye ${self.output} >> log.txt; test ${self.output} = ${count.index}"
  }
}
resource "terraform_data" "z" {
  provisioner "local-exec" {
    when    = destroy
    command = "echo the block is gone >> log.txt"
  }
}
