module "m" {
  source   = "./m"
  for_each = toset(["y"])
}
resource "terraform_data" "a" {
  count      = 1
  input      = count.index
  depends_on = [module.m]
  provisioner "local-exec" {
    when    = destroy
    command = "echo bye ${self.output} >> log.txt"
  }
}
